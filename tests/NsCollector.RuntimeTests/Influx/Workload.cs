using System.Diagnostics;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// Containers for the delivery tests: a few cgroups with a process each, in a network namespace of its own, and with names
/// that line protocol has to escape. Those of an earlier run that did not end well are none of ours and stay.
/// </summary>
public sealed class Workload : IDisposable
{
    /// <summary>What cgroups may be called and line protocol must carry: all but NUL, newline and slash are possible.</summary>
    private static readonly string[] Names =
    [
        "plain", "with space", "comma,equals=quote\"", "back\\slash", "end\\", "umlaut-ü-漢字-😀", "#hash", "tab\there",
    ];

    private readonly string _group = $"nscollector-delivery-{Environment.ProcessId}";
    private readonly List<Process> _processes = [];
    private readonly List<string> _directories = [];

    /// <summary>Makes them.</summary>
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

    /// <summary>How many containers there are.</summary>
    internal static int Count => Names.Length;

    /// <summary>
    /// The settings with which an agent samples these and nothing else, quickly; with hostile words wherever the
    /// configuration takes words.
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

        // The kernel lets go of a process's cgroup a moment after its end.
        foreach (string directory in Enumerable.Reverse(_directories))
            Eventually.True(() => TryRemove(directory), $"{directory} to go");
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
