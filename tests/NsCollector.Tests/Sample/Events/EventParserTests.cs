using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;
using NsCollector.Sample;
using NsCollector.Sample.Block;
using NsCollector.Sample.Events;
using NsCollector.Sample.Traffic;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Events;

public class EventParserTests
{
    private const string V1 =
        "1 1 0:1 / /c/cpu rw - cgroup cgroup rw,cpu,cpuacct\n2 1 0:2 / /c/memory rw - cgroup cgroup rw,memory\n3 1 0:3 / /c/blkio rw - cgroup cgroup rw,blkio\n";

    private const string V2 = "1 1 0:1 / /c rw - cgroup2 cgroup2 rw\n";

    private readonly AgentCounters _counters = new();
    private readonly Dictionary<string, string> _texts = [];
    private readonly Dictionary<string, int> _errors = [];
    private readonly ReadingSet _last = new(Reading.ExitCpuUsageNs, Reading.ExitTxBytes);
    private NetworkTotals? _network;
    private string _mounts = V1;

    [Fact]
    public void Plan_v1_has_the_files_of_exit_and_oom()
    {
        WatchPlan plan = Files().Plan;
        Assert.Equal(
            [
                "cpuacct.usage", "cpuacct.usage_user", "cpuacct.usage_sys", "cpuacct.stat", "memory.max_usage_in_bytes", "memory.oom_control",
                "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes", "blkio.bfq.io_service_bytes_recursive",
                "blkio.bfq.io_service_bytes", "blkio.io_service_bytes_recursive", "blkio.io_service_bytes",
            ],
            plan.Files.Where(file => file.AtExit).Select(file => file.Name));
        Assert.Equal(
            ["memory.max_usage_in_bytes", "memory.oom_control", "memory.usage_in_bytes", "memory.limit_in_bytes", "memory.failcnt"],
            plan.Files.Where(file => file.AtOom).Select(file => file.Name));
        Assert.Equal(["/c/cpu", "/c/memory", "/c/blkio"], plan.Hierarchies.Select(hierarchy => hierarchy.MountPoint));
        Assert.All(plan.Files, file => Assert.Equal(
            file.Name[..3] switch { "cpu" => 0, "mem" => 1, _ => 2 }, file.Hierarchy));
        Assert.Equal((1, -1), (plan.Memory, plan.Unified));
    }

    [Fact]
    public void Plan_v2_and_hybrid_has_files_of_the_unified_hierarchy()
    {
        _mounts = V2;
        WatchPlan plan = Files().Plan;
        Assert.Equal(["cpu.stat", "memory.peak", "memory.events", "io.stat"], plan.Files.Where(file => file.AtExit).Select(file => file.Name));
        Assert.Equal(["memory.peak", "memory.events", "memory.current", "memory.max"], plan.Files.Where(file => file.AtOom).Select(file => file.Name));
        Assert.Equal((0, 0), (plan.Memory, plan.Unified));

        _mounts = V1 + "4 1 0:4 / /c/unified rw - cgroup2 cgroup2 rw\n";
        plan = Files().Plan;
        Assert.Equal((2, 1), (plan.Memory, plan.Unified));
        Assert.Equal("/c/unified", plan.Hierarchies[1].MountPoint);

        // Only of containers that cpuacct does not have.
        Assert.Equal(new WatchedFile(1, "cpu.stat", AtExit: true, AtOom: false, InsteadOf: 0), Assert.Single(plan.Files, file => file.Hierarchy == 1));

        _mounts = "";
        Assert.Equal((-1, -1, 0), (Files().Plan.Memory, Files().Plan.Unified, Files().Plan.Files.Length));
    }

    [Fact]
    public void Plan_any_host_fits_the_limits_of_the_watch()
    {
        foreach (string mounts in (string[])[V1, V2, V1 + "4 1 0:4 / /c/unified rw - cgroup2 cgroup2 rw\n"])
        {
            _mounts = mounts;
            Assert.InRange(Files().Plan.Files.Length, 1, 32);
            Assert.InRange(Files().Plan.Hierarchies.Length, 1, 16);
        }
    }

    [Fact]
    public void ParseExit_v1_texts_gives_totals()
    {
        WriteV1();
        _network = new NetworkTotals(700, 800, IsWhole: true, IsOver: false, MayBecomeWhole: false);
        Assert.Equal(
            new Dictionary<Reading, long>
            {
                [Reading.ExitLifetimeNs] = 77, [Reading.ExitCode] = 3, [Reading.ExitReason] = 1, [Reading.ExitOomKilled] = 1,
                [Reading.ExitCpuUsageNs] = 5_000_000_001, [Reading.ExitCpuUserNs] = 3_000_000_001, [Reading.ExitCpuSystemNs] = 2_000_000_001,
                [Reading.ExitMemoryMaxUsageBytes] = 4096, [Reading.ExitOomKills] = 2,
                [Reading.ExitReadBytes] = 11, [Reading.ExitWriteBytes] = 22, [Reading.ExitRxBytes] = 700, [Reading.ExitTxBytes] = 800,
                [Reading.ExitFinal] = 1, [Reading.ExitNetworkFinal] = 1,
            },
            Exit());
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void ParseExit_hybrid_prefers_cpuacct_to_cpu_stat_of_unified()
    {
        _mounts = V1 + "4 1 0:4 / /c/unified rw - cgroup2 cgroup2 rw\n";
        WriteV1();
        _texts["cpu.stat"] = "usage_usec 50\nuser_usec 30\nsystem_usec 20\n";
        Assert.Equal(5_000_000_001, Exit()[Reading.ExitCpuUsageNs]);
    }

    [Fact]
    public void ParseExit_hybrid_of_container_in_unified_only_has_cpu_totals()
    {
        _mounts = V1 + "4 1 0:4 / /c/unified rw - cgroup2 cgroup2 rw\n";
        _texts["cpu.stat"] = "usage_usec 50\nuser_usec 30\nsystem_usec 20\n";
        Dictionary<Reading, long> exit = Exit();
        Assert.Equal((50_000, 30_000, 20_000), (exit[Reading.ExitCpuUsageNs], exit[Reading.ExitCpuUserNs], exit[Reading.ExitCpuSystemNs]));
        Assert.False(exit.ContainsKey(Reading.ExitMemoryMaxUsageBytes));
    }

    [Fact]
    public void ParseExit_v2_texts_gives_totals()
    {
        _mounts = V2;
        _texts["cpu.stat"] = "usage_usec 50\nuser_usec 30\nsystem_usec 20\nnr_periods 9\n";
        _texts["memory.peak"] = "8192\n";
        _texts["memory.events"] = "low 0\nhigh 0\nmax 4\noom 3\noom_kill 1\noom_group_kill 0\n";
        _texts["io.stat"] = "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n8:16 rbytes=10 wbytes=20 rios=1 wios=1 dbytes=0 dios=0\n";
        Dictionary<Reading, long> exit = Exit();
        Assert.Equal(50_000, exit[Reading.ExitCpuUsageNs]);
        Assert.Equal(30_000, exit[Reading.ExitCpuUserNs]);
        Assert.Equal(20_000, exit[Reading.ExitCpuSystemNs]);
        Assert.Equal(8192, exit[Reading.ExitMemoryMaxUsageBytes]);
        Assert.Equal(1, exit[Reading.ExitOomKills]);
        Assert.Equal((11, 22), (exit[Reading.ExitReadBytes], exit[Reading.ExitWriteBytes]));
        Assert.Equal(1, exit[Reading.ExitFinal]);
    }

    [Fact]
    public void ParseExit_uses_ticks_only_without_nanoseconds()
    {
        WriteV1();
        _texts.Remove("cpuacct.usage_user");
        _texts.Remove("cpuacct.usage_sys");
        long tick = 1_000_000_000 / Libc.Sysconf(Libc._SC_CLK_TCK);
        Dictionary<Reading, long> exit = Exit();
        Assert.Equal((300 * tick, 200 * tick), (exit[Reading.ExitCpuUserNs], exit[Reading.ExitCpuSystemNs]));
        Assert.Equal(1, exit[Reading.ExitFinal]);
    }

    [Fact]
    public void ParseExit_uses_first_blkio_file_that_names_a_device()
    {
        WriteV1();
        _texts["blkio.throttle.io_service_bytes_recursive"] = "Total 0\n";
        _texts["blkio.throttle.io_service_bytes"] = "Total 0\n";
        _texts["blkio.bfq.io_service_bytes_recursive"] = "8:0 Read 5\n8:0 Write 6\nTotal 11\n";
        _texts["blkio.io_service_bytes"] = "8:0 Read 500\n8:0 Write 600\nTotal 1100\n";
        Dictionary<Reading, long> exit = Exit();
        Assert.Equal((5, 6), (exit[Reading.ExitReadBytes], exit[Reading.ExitWriteBytes]));
    }

    [Fact]
    public void ParseExit_no_device_leaves_bytes_absent()
    {
        WriteV1();
        foreach (string name in _texts.Keys.Where(name => name.StartsWith("blkio", StringComparison.Ordinal))) _texts[name] = "Total 0\n";
        Dictionary<Reading, long> exit = Exit();
        Assert.False(exit.ContainsKey(Reading.ExitReadBytes));
        Assert.False(exit.ContainsKey(Reading.ExitWriteBytes));
        Assert.Equal(1, exit[Reading.ExitFinal]);
    }

    [Fact]
    public void ParseExit_missing_text_uses_last_sample_and_is_not_final()
    {
        WriteV1();
        foreach (string name in (string[])["memory.max_usage_in_bytes", "memory.oom_control"])
        {
            _texts.Remove(name);
            _errors[name] = -Errno.ENOENT;
        }

        for (Reading reading = _last.First; reading <= _last.Last; reading++) _last.Set(reading, 1_000_000 + (long)reading);
        Dictionary<Reading, long> exit = Exit();
        Assert.Equal(5_000_000_001, exit[Reading.ExitCpuUsageNs]);
        Assert.Equal(1_000_000 + (long)Reading.ExitMemoryMaxUsageBytes, exit[Reading.ExitMemoryMaxUsageBytes]);
        Assert.Equal(1_000_000 + (long)Reading.ExitOomKills, exit[Reading.ExitOomKills]);
        Assert.Equal(11, exit[Reading.ExitReadBytes]);
        Assert.Equal(1_000_000 + (long)Reading.ExitRxBytes, exit[Reading.ExitRxBytes]);
        Assert.Equal((0, 0), (exit[Reading.ExitFinal], exit[Reading.ExitNetworkFinal]));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void ParseExit_total_below_last_sample_is_reported_as_read()
    {
        WriteV1();
        _last.Set(Reading.ExitCpuUsageNs, 9_000_000_000);
        Dictionary<Reading, long> exit = Exit();
        Assert.Equal(5_000_000_001, exit[Reading.ExitCpuUsageNs]);
        Assert.Equal(1, exit[Reading.ExitFinal]);
    }

    [Fact]
    public void ParseExit_neither_read_nor_sampled_has_no_totals()
    {
        Assert.Equal(
            new Dictionary<Reading, long> { [Reading.ExitLifetimeNs] = 77, [Reading.ExitCode] = 3, [Reading.ExitReason] = 1, [Reading.ExitFinal] = 0 }, Exit(texts: WatchTexts.None));
        Assert.Equal([Reading.ExitReason, Reading.ExitFinal], Exit(texts: WatchTexts.None, lifetime: null, code: null).Keys);
    }

    [Fact]
    public void ParseExit_read_with_processes_left_is_not_final()
    {
        WriteV1();
        _network = new NetworkTotals(1, 2, IsWhole: true, IsOver: false, MayBecomeWhole: false);
        Dictionary<Reading, long> exit = Exit(isFinal: false);
        Assert.Equal((0, 0), (exit[Reading.ExitFinal], exit[Reading.ExitNetworkFinal]));
        Assert.Equal(5_000_000_001, exit[Reading.ExitCpuUsageNs]);
    }

    [Fact]
    public void ParseExit_network_totals_are_final_whatever_the_cgroup()
    {
        _network = new NetworkTotals(1, 2, IsWhole: true, IsOver: false, MayBecomeWhole: false);
        _last.Set(Reading.ExitCpuUsageNs, 4);
        EventParser readings = Readings(out WatchedFiles files);
        ContainerExit happened = Event(Texts(files)) with { IsFinal = false, IsEmpty = true };
        ReadingSet exit = readings.ParseExit(happened, _last, _network, true, 1).Readings;
        Assert.Equal((0, 1), (exit[Reading.ExitFinal], exit[Reading.ExitNetworkFinal]));
        exit = readings.ParseExit(happened, _last, _network, false, 1).Readings;
        Assert.Equal((1, 2, 0), (exit[Reading.ExitRxBytes], exit[Reading.ExitTxBytes], exit[Reading.ExitNetworkFinal]));
    }

    [Theory]
    [InlineData(V1, 3, 0)]
    [InlineData(V2, 1, 1)]
    public void ParseExit_oom_kills_of_a_payload_are_read_only_on_v2(string mounts, long kills, long isFinal)
    {
        // v1 counts them in the cgroup of the killed process, which the watch does not read.
        _mounts = mounts;
        _texts["cpuacct.usage"] = "5\n";
        _texts["memory.oom_control"] = "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n";
        _texts["memory.events"] = "oom 1\noom_kill 1\n";
        _last.Set(Reading.ExitOomKills, 3);
        ReadingSet exit = Readings(out WatchedFiles files).ParseExit(Event(Texts(files)), _last, null, false, 1, hasPayload: true).Readings;
        Assert.Equal((kills, isFinal), (exit[Reading.ExitOomKills], exit[Reading.ExitFinal]));
    }

    [Theory]
    [InlineData(V1, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n", null, true, 0L)]
    [InlineData(V1, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", null, false, 1L)]
    [InlineData(V2, "memory.events", "oom 1\noom_kill 0\n", 0L, true, 0L)]
    [InlineData(V2, "memory.events", "oom 1\noom_kill 0\n", 0L, false, null)]
    [InlineData(V2, "memory.events", "", 0L, true, null)]
    [InlineData(V2, "memory.events", "", 4L, true, 1L)]
    public void ParseExit_oom_killed_is_absent_unless_known(string mounts, string file, string text, long? last, bool isFinal, long? expected)
    {
        _mounts = mounts;
        if (text.Length > 0) _texts[file] = text;
        if (last is { } kills) _last.Set(Reading.ExitOomKills, kills);
        ReadingSet exit = Readings(out WatchedFiles files).ParseExit(Event(Texts(files)) with { IsFinal = isFinal }, _last, null, false, 1).Readings;
        Assert.Equal(expected, exit.TryGet(Reading.ExitOomKilled, out long value) ? value : null);
    }

    [Fact]
    public void ParseExit_next_exit_has_nothing_of_the_previous()
    {
        WriteV1();
        _network = new NetworkTotals(1, 2, IsWhole: true, IsOver: false, MayBecomeWhole: false);
        EventParser readings = Readings(out WatchedFiles files);
        readings.ParseExit(Event(Texts(files)), null, _network, true, 1);
        ExitSample next = readings.ParseExit(Event(WatchTexts.None) with { LifetimeNs = null, ExitCode = null, ExitSignal = 9, Reason = ExitReason.Signal }, null, null, false, 2);
        Assert.Equal(new Dictionary<Reading, long> { [Reading.ExitSignal] = 9, [Reading.ExitReason] = 2, [Reading.ExitFinal] = 0 }, ToDictionary(next.Readings));
        Assert.False(next.WasRead);
    }

    [Fact]
    public void ParseExit_truncated_text_gives_no_sum()
    {
        WriteV1();
        _texts["blkio.throttle.io_service_bytes_recursive"] = "8:0 Read 5\n8:0 Write 6\n8:16 Re";
        _texts["cpuacct.usage"] = "50000";
        Dictionary<Reading, long> exit = Exit();
        Assert.False(exit.ContainsKey(Reading.ExitCpuUsageNs));
        Assert.Equal(2, _counters[AgentCounter.ReadErrors]);

        // The next file, without the children, is whole.
        Assert.Equal((11, 22), (exit[Reading.ExitReadBytes], exit[Reading.ExitWriteBytes]));
        foreach (string name in _texts.Keys.Where(name => name.StartsWith("blkio", StringComparison.Ordinal))) _texts[name] = "8:0 Read 5\n8:0 Write 6";
        Assert.False(Exit().ContainsKey(Reading.ExitReadBytes));
    }

    [Fact]
    public void ParseExit_failed_file_is_counted_unless_cgroup_is_gone()
    {
        WriteV1();
        _texts.Remove("memory.oom_control");
        _errors["memory.oom_control"] = -Errno.EIO;
        Assert.False(Exit().ContainsKey(Reading.ExitOomKills));
        Assert.Equal(1, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Parse_random_texts_do_not_throw() =>
        Prop.ForAll(ArbMap.Default.ArbFor<Tuple<byte[], bool>>(), hostile =>
        {
            (byte[] bytes, bool v2) = hostile;
            _mounts = v2 ? V2 : V1;
            EventParser readings = Readings(out WatchedFiles files);
            var texts = new WatchTexts(bytes, [.. files.Plan.Files.Select(_ => (0, bytes.Length))], true, null);
            ReadingSet exit = readings.ParseExit(Event(texts), null, null, false, 1).Readings;
            ReadingSet oom = readings.ParseOom(new ContainerOom(Web(), 1, texts, 1), null, null, 1).Readings;
            return ToDictionary(exit).Values.Concat(ToDictionary(oom).Values).All(value => value >= 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Parse_sum_with_an_impossible_part_is_absent()
    {
        _mounts = V2;
        _texts["io.stat"] = "8:0 rbytes=18446744073709551615 wbytes=1\n8:16 rbytes=10 wbytes=20\n";
        Assert.DoesNotContain(Reading.ExitReadBytes, Exit().Keys);
        Assert.Equal(21, Exit()[Reading.ExitWriteBytes]);
        _texts["io.stat"] = "8:0 rbytes=9223372036854775807 wbytes=1\n8:16 rbytes=1 wbytes=20\n";
        Assert.DoesNotContain(Reading.ExitReadBytes, Exit().Keys);
    }

    [Fact]
    public void ParseOom_v1_has_limit_unless_unlimited()
    {
        _texts["memory.max_usage_in_bytes"] = "4096\n";
        _texts["memory.oom_control"] = "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n";
        _texts["memory.usage_in_bytes"] = "2048\n";
        _texts["memory.limit_in_bytes"] = "4096\n";
        _texts["memory.failcnt"] = "99\n";
        var expected = new Dictionary<Reading, long>
        {
            [Reading.OomKills] = 2, [Reading.OomKillsTotal] = 7, [Reading.OomUsageBytes] = 2048, [Reading.OomLimitBytes] = 4096,
            [Reading.OomMaxUsageBytes] = 4096, [Reading.OomFailcnt] = 99,
        };
        Assert.Equal(expected, Oom());
        _texts["memory.limit_in_bytes"] = "9223372036854771712\n";
        expected.Remove(Reading.OomLimitBytes);
        Assert.Equal(expected, Oom());
    }

    [Theory]
    [InlineData("max\n", 4096)]
    [InlineData("9000\n", 4096)]
    [InlineData("1024\n", 1024)]
    public void ParseOom_has_the_effective_limit_of_the_last_sample(string own, long expected)
    {
        _mounts = V2;
        _texts["memory.max"] = own;
        ContainerSample last = new();
        last.Scalars.Set(Reading.MemoryEffectiveLimitBytes, 4096);
        Assert.Equal(expected, Oom(last.Scalars)[Reading.OomEffectiveLimitBytes]);
        Assert.DoesNotContain(Reading.OomEffectiveLimitBytes, Oom().Keys);
    }

    [Fact]
    public void ParseOom_v2_has_limit_and_limit_hits()
    {
        _mounts = V2;
        _texts["memory.peak"] = "4096\n";
        _texts["memory.events"] = "low 0\nhigh 0\nmax 40\noom 5\noom_kill 7\n";
        _texts["memory.current"] = "2048\n";
        _texts["memory.max"] = "max\n";
        Assert.Equal(
            new Dictionary<Reading, long>
            {
                [Reading.OomKills] = 2, [Reading.OomKillsTotal] = 7, [Reading.OomUsageBytes] = 2048, [Reading.OomMaxUsageBytes] = 4096,
                [Reading.OomFailcnt] = 40, [Reading.OomEvents] = 5,
            },
            Oom());
    }

    [Fact]
    public void SampledTotals_keep_last_values_and_no_partial_sum()
    {
        var totals = new SampledTotals();
        ContainerSample sample = new();
        sample.Scalars.Set(Reading.CpuUsageNs, 5);
        sample.Scalars.Set(Reading.MemoryMaxUsageBytes, 6);
        sample.DeviceTotals.ReadBytes = 3;
        totals.Apply(sample);
        totals.SetNetwork(4, 7);
        Assert.Equal(
            new Dictionary<Reading, long> { [Reading.ExitCpuUsageNs] = 5, [Reading.ExitMemoryMaxUsageBytes] = 6, [Reading.ExitReadBytes] = 3, [Reading.ExitRxBytes] = 4, [Reading.ExitTxBytes] = 7 },
            ToDictionary(totals.Readings));

        sample.Clear();
        sample.Scalars.Set(Reading.CpuUsageNs, 50);
        totals.Apply(sample);
        Assert.Equal((50, 6, 3), (totals.Readings[Reading.ExitCpuUsageNs], totals.Readings[Reading.ExitMemoryMaxUsageBytes], totals.Readings[Reading.ExitReadBytes]));

        sample.DeviceTotals.IsWhole = false;
        totals.Apply(sample);
        totals.ForgetNetwork();
        Assert.Equal([Reading.ExitCpuUsageNs, Reading.ExitMemoryMaxUsageBytes], ToDictionary(totals.Readings).Keys);
    }

    private static Container Web() => new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web"), "/docker/a", null);

    private static ContainerExit Event(WatchTexts texts) => new(Web(), 5, texts, 77, 3, null, IsFinal: true) { Reason = ExitReason.Exited };

    private static Dictionary<Reading, long> ToDictionary(ReadingSet set)
    {
        var readings = new Dictionary<Reading, long>();
        for (Reading reading = set.First; reading <= set.Last; reading++)
        {
            if (set.TryGet(reading, out long value)) readings.Add(reading, value);
        }

        return readings;
    }

    private void WriteV1()
    {
        _texts["cpuacct.usage"] = "5000000001\n";
        _texts["cpuacct.usage_user"] = "3000000001\n";
        _texts["cpuacct.usage_sys"] = "2000000001\n";
        _texts["cpuacct.stat"] = "user 300\nsystem 200\n";
        _texts["memory.max_usage_in_bytes"] = "4096\n";
        _texts["memory.oom_control"] = "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n";
        _texts["blkio.throttle.io_service_bytes_recursive"] = "8:0 Read 1\n8:0 Write 2\n8:0 Total 3\n8:16 Read 10\n8:16 Write 20\n8:16 Total 30\nTotal 33\n";
        _texts["blkio.throttle.io_service_bytes"] = "8:0 Read 11\n8:0 Write 22\nTotal 33\n";
    }

    private WatchedFiles Files() => new(CgroupMounts.Parse(_mounts), new SampleOptions());

    private EventParser Readings(out WatchedFiles files)
    {
        files = Files();
        var roots = new HostRoots(Sys: "/nowhere");
        var layers = new BlockLayers(roots, _mounts == V2, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60), _counters);
        return new EventParser(files, roots, new SampleOptions(), _counters, layers);
    }

    private WatchTexts Texts(WatchedFiles files)
    {
        var bytes = new List<byte>();
        var texts = new List<(int, int)>();
        foreach (WatchedFile file in files.Plan.Files)
        {
            if (_texts.TryGetValue(file.Name, out string? text))
            {
                texts.Add((bytes.Count, text.Length));
                bytes.AddRange(Encoding.ASCII.GetBytes(text));
            }
            else
            {
                texts.Add((0, _errors.GetValueOrDefault(file.Name)));
            }
        }

        return new WatchTexts([.. bytes], [.. texts], true, null);
    }

    private Dictionary<Reading, long> Exit(bool isFinal = true, WatchTexts? texts = null, long? lifetime = 77, int? code = 3)
    {
        EventParser readings = Readings(out WatchedFiles files);
        return ToDictionary(readings.ParseExit(
            Event(texts ?? Texts(files)) with { IsFinal = isFinal, IsEmpty = isFinal, LifetimeNs = lifetime, ExitCode = code }, _last, _network, isFinal, 1).Readings);
    }

    private Dictionary<Reading, long> Oom(ReadingSet? last = null)
    {
        EventParser readings = Readings(out WatchedFiles files);
        return ToDictionary(readings.ParseOom(new ContainerOom(Web(), 5, Texts(files), 2), null, last, 1).Readings);
    }
}
