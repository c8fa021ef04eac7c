using System.Globalization;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Host;

/// <summary>Runs the agent over real cgroups and namespaces and compares its output with the kernel's files.</summary>
[Collection(NamespaceTests.Name)]
public sealed class SteadyAgentTests : IDisposable
{
    /// <summary>The interval of the agents whose cycles are counted.</summary>
    private const long IntervalNs = 200_000_000;

    private readonly TestCgroups _cgroups = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _cgroups.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Steady_agent_samples_all_and_allocates_nothing()
    {
        string[] names = [.. Enumerable.Range(0, 12).Select(i => $"c{i}")];
        foreach (string name in names)
        {
            (_, NamespaceProcess process) = _cgroups.MakeWithProcess(name);
            process.Run("tc", "qdisc", "replace", "dev", process.Mark(), "root", "pfifo", "limit", "10");
            process.Run("nft", "add table inet t; add chain inet t c; add rule inet t c ct state new counter comment \"x\"");
        }

        using NsCollectorProcess agent = Start(
            "--set", "agent:interval=200ms", "--set", "discovery:interval=1s", "--set", "network:connections=on", "--set", "network:connections_interval=200ms", "--set", "network:flows=on", "--set", "network:qdisc=on",
            "--set", "network:qdisc_interval=0", "--set", "network:netfilter=on", "--set", "network:netfilter_interval=0", "--set", "network:conntrack=on", "--set", "network:tcp_detail=on");
        // Ten seconds, after which discovery no longer examines the containers as new.
        WaitForCycles(60);
        int threads = Threads(agent);
        string?[] home = [NamespaceOf("/proc/self")];
        Eventually.True(
            () => Directory.GetDirectories($"/proc/{agent.Id}/task").Select(NamespaceOf).Where(name => name is not null).Distinct().SequenceEqual(home),
            "every thread to be in the host's namespace between two cycles");
        WaitForCycles(90);
        int descriptors = Directory.GetFileSystemEntries($"/proc/{agent.Id}/fd").Length;
        Assert.InRange(Threads(agent), 1, threads);

        List<Point> points = Points();
        Point[] own = [.. points.Where(point => point.Measurement == "nscollector" && !point.Tags.ContainsKey("sink"))];
        Assert.All(own, point => Assert.Equal((long)names.Length, point.Fields["containers"]));
        Assert.All(own, point => Assert.Equal((long)names.Length, point.Fields["network_namespaces"]));
        Assert.All(own, point => Assert.Equal(0L, point.Fields["namespace_fds_held"]));
        Assert.All(own, point => Assert.Equal(0L, point.Fields["setns_errors"]));
        Assert.All(own, point => Assert.Equal(0L, point.Fields["read_errors"]));
        Assert.All(own, point => Assert.True(point.Fields.ContainsKey("flows_received")));
        // This count and that of the cycle are not from the same moment.
        Assert.InRange((long)own[^1].Fields["fds_open"], descriptors - 5, descriptors + 5);
        // Names are read again once a minute, and discovery examines new cgroups. Cycles themselves allocate nothing.
        long[] allocated = [.. own[60..90].Select(point => (long)point.Fields["allocated_bytes"])];
        int unchanged = allocated.Zip(allocated.Skip(1)).Count(pair => pair.First == pair.Second);
        Assert.InRange(unchanged, allocated.Length * 3 / 4, allocated.Length);

        foreach (string name in names)
        {
            long[] seen = [.. points.Where(point => point.Measurement == "container_cpu" && point.Tags["container"] == name).Select(point => point.TimestampNs)];
            Assert.InRange(seen.Length, own.Length - 1, own.Length + 1);
            Assert.Equal(seen.Order().Distinct(), seen);
            foreach (string measurement in (string[])["container_tcp", "container_connections", "container_qdisc", "container_netfilter", "container_conntrack"])
                Assert.Contains(points, point => point.Measurement == measurement && point.Tags["container"] == name);
        }

        Point first = points.First(point => point.Measurement == "container_cpu");
        Assert.False(first.Fields.ContainsKey("usage_percent"));
        Assert.True(points.Last(point => point.Measurement == "container_cpu").Fields.ContainsKey("usage_percent"));
    }

    [Fact]
    public void Cycles_missed_while_stopped_are_counted_and_not_repeated()
    {
        _cgroups.MakeWithProcess("one");
        using NsCollectorProcess agent = Start("--set", "agent:interval=200ms");
        WaitForCycles(10);
        Command.Run("kill", "-STOP", agent.Id.ToString(CultureInfo.InvariantCulture));
        Thread.Sleep(2000);
        Command.Run("kill", "-CONT", agent.Id.ToString(CultureInfo.InvariantCulture));
        int before = Cycles().Length;
        WaitForCycles(before + 10);
        Point[] own = Cycles();
        long[] starts = [.. own.Select(point => point.TimestampNs)];
        long missed = ((starts[^1] - starts[0] + (IntervalNs / 2)) / IntervalNs) - (own.Length - 1) + (long)own[0].Fields["cycles_late"];

        // The first or last cycle may itself have begun late.
        Assert.InRange((long)own[^1].Fields["cycles_late"], Math.Max(8, missed - 2), missed + 2);

        // A late cycle begins immediately and the next one on its deadline, perhaps shortly after. Two cycles further there is a whole interval.
        Assert.All(starts.Zip(starts.Skip(2)), pair => Assert.InRange(pair.Second - pair.First, IntervalNs - 1_000_000, long.MaxValue));
    }

    [Fact]
    public void Agent_without_CAP_SYS_ADMIN_reads_procfs_and_logs_once()
    {
        (_, NamespaceProcess process) = _cgroups.MakeWithProcess("plain");
        process.Connect();
        process.Send(3);
        using NsCollectorProcess agent = Start(["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"], "--set", "agent:interval=200ms", "--set", "network:loopback=on");
        WaitForCycles(5);
        Command.Run("kill", "-TERM", agent.Id.ToString(CultureInfo.InvariantCulture));
        (int status, _, string error) = agent.WaitForEnd();
        Assert.Equal(0, status);
        Assert.Single(error.Split('\n'), line => line.Contains("CAP_SYS_ADMIN", StringComparison.Ordinal));
        Dictionary<string, long[]> kernel = NetworkFiles.ReportedInterfaces(process.ReadProc("net/dev"));
        foreach ((string name, long[] columns) in kernel)
        {
            Point point = Points().Last(point => point.Measurement == "container_network" && point.Tags["interface"] == name);
            Assert.Equal(columns[0], point.Fields["rx_bytes"]);
            Assert.Equal(columns[1], point.Fields["rx_packets"]);
        }
    }

    [Fact]
    public void Last_cycle_is_in_the_file_after_exit()
    {
        _cgroups.MakeWithProcess("last");
        using NsCollectorProcess agent = Start("--set", "agent:interval=100ms");
        WaitForCycles(5);
        Command.Run("kill", "-TERM", agent.Id.ToString(CultureInfo.InvariantCulture));
        (int status, _, _) = agent.WaitForEnd();
        Assert.Equal(0, status);
        Point[] own = Cycles();
        Assert.Equal(Enumerable.Range(1, own.Length).Select(cycle => (long)cycle), own.Select(point => (long)point.Fields["cycles"]));
        Assert.Equal((byte)'\n', File.ReadAllBytes(Output)[^1]);
        // All encoded points, except the agent's own of the last cycle, which the next cycle would count.
        Assert.Equal((long)own[^1].Fields["points"], Points().Count - 2);
    }

    private string Output => Path.Combine(_directory.Path, "metrics.lp");

    private NsCollectorProcess Start(params string[] settings) => Start([], settings);

    private NsCollectorProcess Start(string[] through, string[] settings) => NsCollectorProcess.Start(
        ["run", "--set", $"file:main:path={Output}", "--set", $"discovery:cgroup_paths={_cgroups.Parent}/*", "--set", "filter:include=cgroup/*", .. settings],
        directory: _directory.Path, through: through);

    private NsCollectorProcess Start(string[] through, string first, params string[] settings) => Start(through, [first, .. settings]);

    private void WaitForCycles(int count) => Eventually.True(() => Cycles().Length >= count, $"{count} cycles", patience: TimeSpan.FromSeconds(60));

    private Point[] Cycles() => [.. Points().Where(point => point.Measurement == "nscollector" && !point.Tags.ContainsKey("sink"))];

    private List<Point> Points()
    {
        if (!File.Exists(Output)) return [];
        byte[] bytes = File.ReadAllBytes(Output);
        return StrictParser.ParseAll(bytes.AsSpan(0, bytes.AsSpan().LastIndexOf((byte)'\n') + 1));
    }

    /// <summary>The threads, without those of .NET's tiered compilation.</summary>
    private static int Threads(NsCollectorProcess agent) =>
        Directory.GetDirectories($"/proc/{agent.Id}/task").Count(task => !CommandOf(task).StartsWith(".NET Tiered", StringComparison.Ordinal));

    private static string CommandOf(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm");
        }
        catch (IOException)
        {
            // The thread has ended meanwhile.
            return ".NET Tiered";
        }
    }

    /// <summary>Null if the process has ended meanwhile.</summary>
    private static string? NamespaceOf(string process) => new FileInfo(process + "/ns/net").LinkTarget;
}
