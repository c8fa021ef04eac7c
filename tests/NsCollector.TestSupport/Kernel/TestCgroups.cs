using System.Globalization;

namespace NsCollector.TestSupport.Kernel;

/// <summary>
/// Cgroups of a test, at the same path in each hierarchy, with processes in them. Dispose kills and removes all of them.
/// </summary>
public sealed class TestCgroups : IDisposable
{
    private readonly List<NamespaceProcess> _processes = [];
    private readonly HashSet<string> _directories = [];
    private static int _counter;

    public TestCgroups(params string[] hierarchies)
    {
        Hierarchies = hierarchies.Length > 0 ? hierarchies : AllHierarchies();
        Parent = $"/nsc-test-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{Interlocked.Increment(ref _counter).ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The mount points.</summary>
    public string[] Hierarchies { get; }

    /// <summary>The parent cgroup path of all of them.</summary>
    public string Parent { get; init; }

    /// <summary>Every usable hierarchy: those of the v1 controllers and the unified one.</summary>
    public static string[] AllHierarchies() =>
    [
        .. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
            .Where(fields => fields[3] == "/" && fields[Array.IndexOf(fields, "-") + 1] is "cgroup" or "cgroup2")
            // A cpuset cgroup accepts no process until its processors and memory nodes are set.
            .Where(fields => !fields[^1].Contains("cpuset", StringComparison.Ordinal))
            .Select(fields => fields[4]),
    ];

    /// <summary>Creates a cgroup and returns its path.</summary>
    public string Make(string name)
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
    public void Put(string path, int pid)
    {
        foreach (string hierarchy in Hierarchies) File.WriteAllText($"{hierarchy}{path}/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Creates a cgroup with a process that sleeps in its own network namespace.</summary>
    public (string Path, NamespaceProcess Process) MakeWithProcess(string name)
    {
        NamespaceProcess process = NamespaceProcess.Start();
        return (MakeWithProcess(name, process), process);
    }

    /// <summary>Creates a cgroup with this process, which is disposed together with the cgroups.</summary>
    public string MakeWithProcess(string name, NamespaceProcess process)
    {
        _processes.Add(process);
        string path = Make(name);
        Put(path, process.Pid);
        return path;
    }

    /// <summary>Removes a cgroup whose processes have exited.</summary>
    public void Remove(string path)
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
