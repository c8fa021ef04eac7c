using System.Globalization;
using NsCollector.Linux.Cgroup;

namespace NsCollector.LinuxTests.Fixtures;

/// <summary>
/// Cgroups of a test, at the same path in each hierarchy, with processes in them. Dispose kills and removes all of them.
/// </summary>
internal sealed class TestCgroups : IDisposable
{
    private readonly List<NamespaceProcess> _processes = [];
    private readonly HashSet<string> _directories = [];
    private static int _counter;

    internal TestCgroups(params string[] hierarchies)
    {
        Hierarchies = hierarchies.Length > 0 ? hierarchies : AllHierarchies();
        Parent = $"/nsc-test-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{Interlocked.Increment(ref _counter).ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The mount points.</summary>
    internal string[] Hierarchies { get; }

    /// <summary>The parent cgroup path of all of them.</summary>
    internal string Parent { get; init; }

    /// <summary>Every usable hierarchy: those of the v1 controllers and the unified one.</summary>
    internal static string[] AllHierarchies() =>
    [
        .. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
            .Where(fields => fields[3] == "/" && fields[Array.IndexOf(fields, "-") + 1] is "cgroup" or "cgroup2")
            // A cpuset cgroup accepts no process until its processors and memory nodes are set.
            .Where(fields => !fields[^1].Contains("cpuset", StringComparison.Ordinal))
            .Select(fields => fields[4]),
    ];

    /// <summary>
    /// The hierarchies as if only <see cref="Parent"/> were mounted: cgroup paths stay those of the whole hierarchy, and other
    /// cgroups of the host are not visible. Creates <see cref="Parent"/>.
    /// </summary>
    internal CgroupMounts Mounts()
    {
        Make("");
        return CgroupMounts.Parse(string.Concat(Hierarchies.Select((hierarchy, number) =>
        {
            string[] fields = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).First(fields => fields[4] == hierarchy);
            int separator = Array.IndexOf(fields, "-");
            return string.Create(CultureInfo.InvariantCulture,
                $"{number + 1} 1 0:{number} {Parent} {hierarchy}{Parent} rw - {fields[separator + 1]} {fields[separator + 2]} {fields[^1]}\n");
        })));
    }

    /// <summary>Creates a cgroup and returns its path.</summary>
    internal string Make(string name)
    {
        string path = name == "" ? Parent : $"{Parent}/{name}";
        foreach (string hierarchy in Hierarchies)
        {
            Directory.CreateDirectory(hierarchy + path);
            for (string below = path; below.Length > 0; below = below[..below.LastIndexOf('/')]) _directories.Add(hierarchy + below);
        }

        return path;
    }

    /// <summary>Puts a process into a cgroup.</summary>
    internal void Put(string path, int pid)
    {
        foreach (string hierarchy in Hierarchies) File.WriteAllText($"{hierarchy}{path}/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Creates a cgroup with a process that sleeps in its own network namespace.</summary>
    internal (string Path, NamespaceProcess Process) MakeWithProcess(string name)
    {
        NamespaceProcess process = NamespaceProcess.Start();
        return (MakeWithProcess(name, process), process);
    }

    /// <summary>Creates a cgroup with this process, which is disposed together with the cgroups.</summary>
    internal string MakeWithProcess(string name, NamespaceProcess process)
    {
        _processes.Add(process);
        string path = Make(name);
        Put(path, process.Pid);
        return path;
    }

    /// <summary>Removes a cgroup whose processes have exited.</summary>
    internal void Remove(string path)
    {
        foreach (string hierarchy in Hierarchies)
        {
            string directory = hierarchy + path;
            Eventually.True(() => TryRemove(directory), $"{directory} cannot be removed");
            _directories.Remove(directory);
        }
    }

    public void Dispose()
    {
        foreach (NamespaceProcess process in _processes) process.Dispose();
        foreach (string directory in _directories.OrderByDescending(directory => directory.Length))
        {
            Eventually.True(() => TryRemove(directory), $"{directory} cannot be removed");
        }
    }

    private static bool TryRemove(string directory)
    {
        if (!Directory.Exists(directory)) return true;
        try
        {
            Directory.Delete(directory);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
