using System.Diagnostics;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// Containers for the delivery tests: a few cgroups with one process each, in their own network namespaces, with names that line
/// protocol has to escape. Leftovers of an earlier run that failed have other names and are not removed.
/// </summary>
public sealed class Workload : IDisposable
{
    /// <summary>Cgroup names that line protocol must carry. A name can have any byte except NUL, newline and slash.</summary>
    private static readonly string[] Names =
    [
        "plain", "with space", "comma,equals=quote\"", "back\\slash", "end\\", "umlaut-ü-漢字-😀", "#hash", "tab\there",
    ];

    private readonly string _group = $"nscollector-delivery-{Environment.ProcessId}";
    private readonly List<Process> _processes = [];
    private readonly List<string> _directories = [];

    /// <summary>Creates them.</summary>
    public Workload()
    {
        string[] hierarchies = [.. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(" - "))
            .Where(halves => halves[1].StartsWith("cgroup", StringComparison.Ordinal) && !halves[1].Contains("cpuset", StringComparison.Ordinal))
            .Select(halves => halves[0].Split(' ')[4])];
        try
        {
            foreach (string hierarchy in hierarchies)
                Make($"{hierarchy}/{_group}");
            foreach (string name in Names)
            {
                Process process = Command.Start("unshare", "--net", "sleep", "10000");
                _processes.Add(process);
                foreach (string hierarchy in hierarchies)
                {
                    Make($"{hierarchy}/{_group}/{name}");
                    File.WriteAllText($"{hierarchy}/{_group}/{name}/cgroup.procs", $"{process.Id}");
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The number of containers.</summary>
    internal static int Count => Names.Length;

    /// <summary>
    /// The settings with which an agent samples only these, at a short interval, with special characters in all text settings.
    /// </summary>
    internal string[] Settings =>
    [
        "agent:interval=200ms", "discovery:interval=200ms", $"discovery:cgroup_paths=/{_group}/*", "filter:include=cgroup/*",
        "agent:host=a host, with = \"everything\" \\ ü", "tags:site=north, \"wing\"=\\2 ü",
    ];

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        // The kernel releases the cgroup of a process a moment after its exit.
        foreach (string directory in Enumerable.Reverse(_directories))
            Eventually.True(() => TryRemove(directory), $"{directory} is removed");
    }

    private void Make(string directory)
    {
        Directory.CreateDirectory(directory);
        _directories.Add(directory);
    }

    private static bool TryRemove(string directory)
    {
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
