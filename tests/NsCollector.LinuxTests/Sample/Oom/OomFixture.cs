using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Track;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Watch;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Oom;

/// <summary>
/// Containers with memory limits on this kernel, and what the agent reports of their OOM kills: discovery, watch and sampler as in the
/// agent. The limits are those of the test's own cgroups, so the host never runs out of memory.
/// </summary>
internal sealed class OomFixture : IDisposable
{
    internal const long LimitBytes = 20 << 20;

    // Doubles a variable of the shell, which therefore is the victim itself.
    private const string Eat = "x=0123456789abcdef; while :; do x=$x$x; done";

    private readonly List<NamespaceProcess> _processes = [];
    private readonly RecordedOom.Consumer _consumer = new();
    private readonly ContainerWatch _watch;
    private readonly ContainerDiscovery _discovery;
    private readonly Sampler _sampler;
    private readonly CgroupMounts _mounts = CgroupMounts.Find(new HostRoots());
    private readonly TestCgroups _cgroups;
    private readonly string _memory;

    /// <param name="described">How many kills of the test the kernel must describe; waits until its rate limit permits that.</param>
    internal OomFixture(int described)
    {
        AwaitRateLimit(described);
        _cgroups = new TestCgroups();
        _cgroups.Make("");
        _memory = _mounts.For("memory")!.MountPoint;
        var options = new SampleOptions { Interval = TimeSpan.FromHours(1), Network = NetworkMode.Off, OomVictims = OomVictimMode.On, Host = new() { Enabled = false } };
        _watch = new ContainerWatch(new WatchedFiles(_mounts, options).Plan, new WatchOptions());
        _watch.Start();
        var discover = new DiscoverOptions { Interval = TimeSpan.FromHours(1), CgroupPaths = [_cgroups.Parent + "/*"], DockerSockets = [] };
        _discovery = new ContainerDiscovery(_mounts, new HostRoots(), discover, Counters, NullLogger.Instance, _watch) { Changed = new WakeSignal() };
        _sampler = new Sampler(_discovery, _consumer, _mounts, new HostRoots(), options, Counters, NullLoggerFactory.Instance);
        _discovery.WalkOnce();
        _discovery.Start();
    }

    internal AgentCounters Counters { get; } = new();

    internal List<RecordedOom> Ooms => _consumer.Ooms;

    /// <summary>The cgroup above all containers.</summary>
    internal string Parent => _cgroups.Parent;

    /// <summary>What sampling does between two cycles.</summary>
    internal void Process() => _sampler.RunBetweenCycles(long.MaxValue);

    internal void RunCycle() => _sampler.RunCycle();

    internal void Limit(string path, long bytes = LimitBytes)
    {
        File.WriteAllText($"{_memory}{path}/memory.limit_in_bytes", bytes.ToString(CultureInfo.InvariantCulture));

        // Swap would delay the kill.
        if (File.Exists($"{_memory}{path}/memory.memsw.limit_in_bytes"))
            File.WriteAllText($"{_memory}{path}/memory.memsw.limit_in_bytes", bytes.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A container with a shell that waits before each line of input, and runs the script. The container is followed.</summary>
    /// <returns>Its cgroup, and the shell.</returns>
    internal (string Path, NamespaceProcess Shell) Start(string name, string script, long? limit = LimitBytes)
    {
        string path = _cgroups.Make(name);
        if (limit is { } bytes) Limit(path, bytes);
        NamespaceProcess shell = StartIn(path, script);
        Eventually.True(
            () =>
            {
                Process();
                return _discovery.Current.Containers.Any(container => container.CgroupPath == path && container.Init is not null);
            },
            $"{path} to be published");
        return (path, shell);
    }

    /// <summary>A shell in a cgroup.</summary>
    internal NamespaceProcess StartIn(string path, string script)
    {
        NamespaceProcess shell = NamespaceProcess.StartWithInput("sh", "-c", script);
        _processes.Add(shell);
        _cgroups.Put(path, shell.Pid);
        return shell;
    }

    internal string Make(string name) => _cgroups.Make(name);

    /// <summary>A script that waits for a line of input, takes a name, and uses memory until it is killed.</summary>
    internal static string EatAs(string name, int oomScoreAdj = 0) =>
        string.Create(CultureInfo.InvariantCulture, $"read go; echo {oomScoreAdj} > /proc/self/oom_score_adj; printf '%s' '{name}' > /proc/self/comm; {Eat}");

    /// <summary>A script that starts processes that are killed, one after the other, and survives them.</summary>
    internal static string EatTimes(int times) =>
        string.Create(CultureInfo.InvariantCulture, $"read go; i=0; while [ $i -lt {times} ]; do i=$((i+1)); sh -c '{Eat}'; done; read end");

    /// <summary>A script that starts a process that is killed, and then does something else.</summary>
    internal static string EatInChild(string then) => $"read go; sh -c '{Eat}'; {then}";

    /// <summary>The kills that the kernel has counted in a cgroup.</summary>
    internal long Killed(string path) => long.Parse(
        File.ReadLines($"{_memory}{path}/memory.oom_control").Single(line => line.StartsWith("oom_kill ", StringComparison.Ordinal))[9..], CultureInfo.InvariantCulture);

    /// <summary>Waits until the points of a container have as many kills as the kernel has counted, and this many.</summary>
    internal RecordedOom[] Await(string path, int kills)
    {
        Eventually.True(
            () =>
            {
                Process();
                return Of(path).Sum(oom => oom.Kills) >= kills;
            },
            $"{kills} kills of {path}", patience: TimeSpan.FromSeconds(60));
        Assert.Equal(kills, Of(path).Sum(oom => oom.Kills));
        return Of(path);
    }

    /// <summary>Waits until a container's exit is handed over.</summary>
    internal ExitReason AwaitExit(string path)
    {
        Eventually.True(
            () =>
            {
                Process();
                return _consumer.Exits.Any(exit => exit.Path == path);
            },
            $"the exit of {path}");
        return Assert.Single(_consumer.Exits, exit => exit.Path == path).Reason;
    }

    internal RecordedOom[] Of(string path) => [.. Ooms.Where(oom => oom.Path == path)];

    /// <summary>The kernel's line about the kill of a process, as dmesg(1) shows it: its resident memory and oom_score_adj.</summary>
    internal static (long RssBytes, int OomScoreAdj) KernelLineOf(int pid)
    {
        string line = Command.Run("dmesg").Split('\n').Last(text => text.Contains($"Killed process {pid} (", StringComparison.Ordinal));
        Match match = Regex.Match(line, @"anon-rss:(\d+)kB, file-rss:(\d+)kB, shmem-rss:(\d+)kB, UID:0 pgtables:\d+kB oom_score_adj:(-?\d+)$");
        Assert.True(match.Success, line);
        long Number(int group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
        return ((Number(1) + Number(2) + Number(3)) * 1024, (int)Number(4));
    }

    /// <summary>The pids in the kernel's summaries (oom-kill:) of kills in a cgroup.</summary>
    internal static long[] SummarisedPids(string path) =>
    [
        .. Command.Run("dmesg").Split('\n').Where(text => text.Contains("oom-kill:", StringComparison.Ordinal) && text.Contains($"task_memcg={path},task=", StringComparison.Ordinal))
            .Select(text => long.Parse(Regex.Match(text, @",pid=(\d+),uid=0$").Groups[1].Value, CultureInfo.InvariantCulture)),
    ];

    /// <summary>Writes a line to the kernel's log. Without a line feed, nobody could read it before the next one.</summary>
    internal static void WriteToLog(string line) => File.WriteAllText("/dev/kmsg", line + "\n");

    /// <summary>The kernel describes ten kills in five seconds (oom_rs in mm/oom_kill.c), whoever causes them.</summary>
    private static void AwaitRateLimit(int kills)
    {
        if (kills == 0) return;
        Eventually.True(
            () =>
            {
                // Has the time of the log's own clock.
                WriteToLog("<7>nscollector test looks at the log");
                string[] lines = Command.Run("dmesg", "--raw").Split('\n');
                double now = Time(lines.Last(line => line.Contains("looks at the log", StringComparison.Ordinal)));
                bool isKnown = Time(lines[0]) < now - 6;
                return isKnown && lines.Where(line => line.Contains("oom-kill:", StringComparison.Ordinal)).Count(line => Time(line) > now - 6) + kills <= 10;
            },
            "the kernel to describe kills again");

        // <6>[   12.345678] text
        static double Time(string line) => double.Parse(line.AsSpan(line.IndexOf('[', StringComparison.Ordinal) + 1, line.IndexOf(']', StringComparison.Ordinal) - line.IndexOf('[', StringComparison.Ordinal) - 1), CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _discovery.Dispose();
        _watch.Dispose();
        _sampler.Dispose();
        foreach (NamespaceProcess process in _processes) process.Dispose();
        _cgroups.Dispose();
    }
}
