using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Telegraf;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Encode.Telegraf;

public sealed class TelegrafEncoderTests
{
    private const long At = 1_700_000_000_123_456_789;

    private readonly CollectedBatches _collected = new();
    private readonly AgentCounters _counters = new();

    [Theory]
    [InlineData("nginx", "nginx", "unknown")]
    [InlineData("nginx:1.27", "nginx", "1.27")]
    [InlineData("registry:5000/team/app", "registry:5000/team/app", "unknown")]
    [InlineData("registry:5000/team/app:2", "registry:5000/team/app", "2")]
    [InlineData("localhost/app:3", "localhost/app", "3")]
    [InlineData("team/app@sha256:abcd", "team/app@sha256", "abcd")]
    [InlineData(":", "", "")]
    public void Parse_divides_the_name_of_an_image(string image, string name, string version) => Assert.Equal((name, version), ImageName.Parse(image));

    [Fact]
    public void Accept_selects_points_by_device_and_totals()
    {
        string[] Series(TelegrafKinds perDevice, TelegrafKinds total) =>
        [
            .. Encode(Web(), Full(), new TelegrafOptions { PerDevice = perDevice, Total = total }).Select(RecordedAnswer.SeriesOf)
                .Where(series => !series.Contains("status", StringComparison.Ordinal) && !series.Contains("mem", StringComparison.Ordinal)),
        ];

        Assert.Empty(Series(TelegrafKinds.None, TelegrafKinds.None));
        Assert.Equal(["docker_container_cpu cpu0     "], Series(TelegrafKinds.Cpu, TelegrafKinds.None));
        Assert.Equal(["docker_container_net  eth0    ", "docker_container_net  total    "], Series(TelegrafKinds.Network, TelegrafKinds.Network));
        Assert.Equal(["docker_container_blkio   8:16   ", "docker_container_blkio   total   "], Series(TelegrafKinds.Blkio, TelegrafKinds.Blkio));
    }

    [Fact]
    public void Accept_reports_true_errors_and_leaves_lo_out()
    {
        ContainerSample sample = Full();
        sample.Interfaces.Add("lo"u8).Readings.Set(Reading.NetworkRxErrors, 1000);
        sample.Interfaces.Add("eth1"u8).Readings.Set(Reading.NetworkRxErrors, 5);
        List<Point> points = Encode(Web(), sample, new TelegrafOptions { PerDevice = TelegrafKinds.Network });
        Assert.Equal(["eth0", "eth1", "total"], points.Where(point => point.Measurement == "docker_container_net").Select(point => point.Tags["network"]));
        Assert.Equal(8, points.Single(point => point.Tags.GetValueOrDefault("network") == "total").Integer("rx_errors"));
    }

    [Fact]
    public void Interface_named_total_does_not_overwrite_the_total()
    {
        string[] Series(TelegrafKinds total)
        {
            ContainerSample sample = Full();
            sample.Interfaces.Add("total"u8).Readings.Set(Reading.NetworkRxErrors, 1000);
            return
            [
                .. Encode(Web(), sample, new TelegrafOptions { PerDevice = TelegrafKinds.Network, Total = total })
                    .Where(point => point.Measurement == "docker_container_net").Select(point => $"{point.Tags["network"]} {point.Integer("rx_errors")}"),
            ];
        }

        Assert.Equal(["eth0 3", "total 1003"], Series(TelegrafKinds.Network));
        Assert.Equal(["eth0 3", "total 1000"], Series(TelegrafKinds.None));
    }

    [Theory]
    [InlineData(true, 100)]
    [InlineData(false, 101)]
    public void Accept_totals_each_byte_of_stacked_devices_once_if_that_is_known(bool isWhole, long expected)
    {
        ContainerSample sample = Full();
        sample.Devices.Add("dm-0"u8).Readings.Set(Reading.BlkioReadBytes, 100);
        sample.DeviceTotals.IsWhole = isWhole;
        sample.DeviceTotals.ReadBytes = 100;
        Point total = Encode(Web(), sample, new TelegrafOptions()).Single(point => point.Tags.GetValueOrDefault("device") == "total");
        Assert.Equal(expected, total.Integer("io_service_bytes_recursive_read"));
    }

    [Fact]
    public void Accept_without_readings_writes_no_zeros()
    {
        List<Point> points = Encode(Web(), new ContainerSample { TimestampNs = At }, new TelegrafOptions());
        Assert.Equal(["docker_container_status", "docker_container_blkio"], points.Select(point => point.Measurement));
        Assert.All(points, point => Assert.Equal(["container_id"], point.Fields.Keys));
        Assert.All(points, point => Assert.False(point.Tags.ContainsKey("container_status")));
    }

    [Fact]
    public void Accept_shows_health_and_an_OOM_kill()
    {
        ContainerSample sample = Full();
        sample.Scalars.Set(Reading.InfoHealthStatus, (long)HealthStatus.Unhealthy);
        sample.Scalars.Set(Reading.MemoryOomKills, 2);
        List<Point> points = Encode(Web(), sample, new TelegrafOptions());
        Point health = points.Single(point => point.Measurement == "docker_container_health");
        Assert.Equal("unhealthy", health.Text("health_status"));
        Assert.Equal(["health_status"], health.Fields.Keys);
        Assert.True(points.Single(point => point.Measurement == "docker_container_status").Boolean("oomkilled"));
    }

    [Fact]
    public void Accept_of_another_runtime_has_its_pod_and_its_runtime()
    {
        var identity = new ContainerIdentity(ContainerRuntime.Containerd, new string('b', 64), "app", "registry.example/app:7", "shop", "web-0", Labels: [new("cpu", "mine"), new("io.kubernetes.pod.name", "web-0")]);
        Point status = Encode(new Container(1, identity, "/kubepods/b", null), Full(), new TelegrafOptions()).First();
        Assert.Equal(
            ["container_image=registry.example/app", "container_name=app", "container_status=running", "container_version=7", "cpu_=mine", "engine_host=h", "host=h",
                "io.kubernetes.pod.name=web-0", "io.kubernetes.pod.namespace=shop", "runtime=containerd"],
            status.Tags.Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(3, null, 3)]
    [InlineData(null, 9, 137)]
    public void AcceptExit_writes_the_status_of_the_exit(int? code, int? signal, long expected)
    {
        var exit = new ExitSample { TimestampNs = At };
        exit.Readings.Set(Reading.ExitLifetimeNs, 1_729_417);
        exit.Readings.Set(Reading.ExitOomKilled, 1);
        exit.Readings.Set(Reading.ExitRestartCount, 4);
        if (code is { } c) exit.Readings.Set(Reading.ExitCode, c);
        if (signal is { } s) exit.Readings.Set(Reading.ExitSignal, s);
        TelegrafEncoder encoder = New(new TelegrafOptions());
        encoder.AcceptExit(Web(), exit);
        encoder.Flush(isEnd: false);
        Point point = Assert.Single(StrictParser.ParseAll(_collected.All));
        Assert.Equal("exited", point.Tags["container_status"]);
        Assert.Equal(
            new Dictionary<string, object>
            {
                ["container_id"] = new string('a', 64), ["pid"] = 0L, ["uptime_ns"] = 1_729_417L, ["oomkilled"] = true, ["restart_count"] = 4L,
                ["exitcode"] = expected, ["finished_at"] = At, ["started_at"] = At - 1_729_417,
            },
            point.Fields);
    }

    [Fact]
    public void AcceptExit_twice_at_one_time_writes_two_points()
    {
        var exit = new ExitSample { TimestampNs = At };
        TelegrafEncoder encoder = New(new TelegrafOptions());
        encoder.AcceptExit(Web(), exit);
        encoder.AcceptExit(Web(), exit);
        encoder.Flush(isEnd: false);
        List<Point> points = StrictParser.ParseAll(_collected.All);
        Assert.Equal([At, At + 1], points.Select(point => point.TimestampNs));
        Assert.All(points, point => Assert.Equal(At, point.Integer("finished_at")));
    }

    [Fact]
    public void Accept_with_hostile_names_writes_whole_lines()
    {
        var identity = new ContainerIdentity(
            ContainerRuntime.Podman, "id\"\n,x=1 y", "na me,=\n\\", "im,age\n:ta g=", Labels: [new("k,e=y\n", "v\\,\n"), new("device", "x"), new("container_status", "forged")]);
        ContainerSample sample = Full();
        sample.Interfaces.Add("e th,=\xff"u8).Readings.Set(Reading.NetworkRxBytes, 1);
        sample.SetMemoryStat("cache 1\nrss x\nforged,a=1 2\ncache -5\ntotal_cache 18446744073709551615\nrss_huge 7"u8);
        List<Point> points = Encode(new Container(1, identity, "/x", null), sample, new TelegrafOptions { PerDevice = TelegrafKinds.Network | TelegrafKinds.Blkio });
        Assert.All(points, point => Assert.StartsWith("docker_container_", point.Measurement, StringComparison.Ordinal));
        Assert.All(points, point => Assert.Equal("running", point.Tags["container_status"]));
        Assert.Contains(points, point => point.Tags.GetValueOrDefault("network")?.StartsWith("e th,=", StringComparison.Ordinal) == true);
        Point memory = points.Single(point => point.Measurement == "docker_container_mem");
        Assert.Equal(1, memory.Integer("cache"));
        Assert.False(memory.Has("rss") || memory.Has("total_cache") || memory.Has("rss_huge"));
    }

    [Fact]
    public void Widest_point_fits_the_reserved_room()
    {
        ContainerSample sample = Full();
        var stat = new StringBuilder();
        foreach (string key in "cache rss rss_huge mapped_file writeback pgpgin pgpgout pgfault pgmajfault inactive_anon active_anon inactive_file active_file unevictable".Split(' '))
            stat.Append(key).Append(" 9223372036854775807\ntotal_").Append(key).Append(" 9223372036854775807\n");
        sample.SetMemoryStat(Encoding.ASCII.GetBytes(stat.Append("hierarchical_memory_limit 9223372036854775807\n").ToString()));
        foreach (Reading reading in (Reading[])[Reading.MemoryUsageBytes, Reading.MemoryMaxUsageBytes, Reading.MemoryEffectiveLimitBytes, Reading.MemoryFailcnt]) sample.Scalars.Set(reading, long.MaxValue);
        Point memory = Encode(Web(), sample, new TelegrafOptions()).Single(point => point.Measurement == "docker_container_mem");
        Assert.Equal(35, memory.Fields.Count);
        Assert.Equal(0, _counters[AgentCounter.PointsUnencodable]);
    }

    [Fact]
    public void Accept_leaves_unchanged_points_out_if_that_is_set()
    {
        Container web = Web();
        ContainerSample sample = Full();
        TelegrafEncoder encoder = New(new TelegrafOptions(), TimeSpan.FromMinutes(5));
        var list = new ContainerList(1, [web]);
        for (int i = 0; i < 3; i++)
        {
            sample.TimestampNs = At + (i * 10_000_000_000L);
            sample.Scalars.Set(Reading.InfoUptimeNs, 1000 + i);
            sample.HostCpuNs = 5000 + i;
            encoder.BeginCycle(list);
            encoder.Accept(web, sample);
            encoder.EndCycle(default);
        }

        List<Point> points = StrictParser.ParseAll(_collected.All);
        Assert.All(points.GroupBy(RecordedAnswer.SeriesOf), series => Assert.Single(series));
    }

    [Fact]
    public void SetHost_changes_the_tags_of_containers_and_of_the_engine()
    {
        Container web = Web();
        TelegrafEncoder encoder = New(new TelegrafOptions());
        encoder.BeginCycle(new ContainerList(1, [web]));
        encoder.SetHost("new host");
        encoder.BeginCycle(new ContainerList(1, [web]));
        encoder.Accept(web, Full());
        encoder.AcceptHost(Host());
        encoder.EndCycle(default);
        List<Point> points = StrictParser.ParseAll(_collected.All);
        Assert.All(points, point => Assert.Equal(("new host", "new host"), (point.Tags["host"], point.Tags["engine_host"])));
    }

    [Fact]
    public void AcceptHost_without_the_host_writes_only_the_engine()
    {
        TelegrafEncoder encoder = New(new TelegrafOptions());
        encoder.AcceptHost(Host());
        encoder.EndCycle(default);
        Point point = Assert.Single(StrictParser.ParseAll(_collected.All));
        Assert.Equal("docker", point.Measurement);
        Assert.Equal(new Dictionary<string, object> { ["n_cpus"] = 2L, ["memory_total"] = 4096L }, point.Fields);
    }

    [Fact]
    public void Host_and_engine_have_the_static_tags()
    {
        var encode = new EncodeOptions { Host = "h", StaticTags = [new("site", "a b"), new("path", "mine")] };
        var encoder = new TelegrafEncoder(new TelegrafOptions { Host = true }, encode, new BatchPool(65536), _collected, _counters);
        encoder.AcceptHost(Host());
        encoder.EndCycle(default);
        List<Point> points = StrictParser.ParseAll(_collected.All);
        Assert.Equal(["disk", "diskio", "docker", "mem", "net", "system"], points.Select(point => point.Measurement).Order(StringComparer.Ordinal));
        Assert.All(points, point => Assert.Equal("a b", point.Tags["site"]));
        Point disk = points.Single(point => point.Measurement == "disk");
        Assert.Equal(("/", "mine"), (disk.Tags["path"], disk.Tags["path_"]));
    }

    [Fact]
    public void AcceptHost_after_a_census_writes_only_the_counts()
    {
        TelegrafEncoder encoder = New(new TelegrafOptions { Host = true });
        encoder.AcceptHost(new HostSample { TimestampNs = At });
        var states = new HostSample { TimestampNs = At + 1 };
        foreach ((string state, long count) in ((string, long)[])[("running", 2), ("restarting", 3), ("paused", 4), ("exited", 5)])
        {
            Row row = states.ContainerStates.Add("docker"u8);
            row.SetMoreKeys([Encoding.ASCII.GetBytes(state)]);
            row.Readings.Set(Reading.StateContainers, count);
        }

        encoder.AcceptHost(states);
        encoder.EndCycle(default);

        // dockerd counts a container that waits for its restart as stopped (setStateCounter in moby's daemon/monitor.go).
        Assert.Equal(
            ["docker 0 0 0 0", "docker 14 2 4 8"],
            StrictParser.ParseAll(_collected.All).Select(point =>
                $"{point.Measurement} {point.Integer("n_containers")} {point.Integer("n_containers_running")} {point.Integer("n_containers_paused")} {point.Integer("n_containers_stopped")}"));
    }

    [Fact]
    public void Accept_in_steady_state_allocates_nothing()
    {
        var options = new TelegrafOptions { PerDevice = TelegrafKinds.Cpu | TelegrafKinds.Network | TelegrafKinds.Blkio, Host = true };
        var encoder = new TelegrafEncoder(options, new EncodeOptions { Host = "h" }, new BatchPool(256 * 1024), new Dropped(), new AgentCounters());
        Container web = Web();
        var list = new ContainerList(1, [web]);
        ContainerSample sample = Full();
        HostSample host = Host();
        void Cycle()
        {
            encoder.BeginCycle(list);
            encoder.Accept(web, sample);
            encoder.AcceptHost(host);
            encoder.EndCycle(default);
        }

        for (int i = 0; i < 3; i++) Cycle();
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 1000; i++) Cycle();
        }));
    }

    private static HostSample Host()
    {
        var sample = new HostSample { TimestampNs = At, UptimeNs = 1 };
        sample.Cpu.Set(Reading.HostCpuCount, 2);
        sample.Memory.Set(Reading.HostMemoryTotalBytes, 4096);
        sample.Disks.Add("sda"u8).Readings.Set(Reading.HostDiskReadNs, 1_000_000);
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 1);
        sample.Filesystems.Add("/"u8).Readings.Set(Reading.HostFilesystemSizeBytes, 1);
        return sample;
    }

    private static Container Web() => new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web", "nginx:1"), "/docker/a", null);

    private static ContainerSample Full()
    {
        ContainerSample sample = new() { TimestampNs = At, State = ContainerState.Running, HostCpuNs = 5 };
        sample.Scalars.Set(Reading.InfoPid, 42);
        sample.Scalars.Set(Reading.CpuUsageNs, 7);
        sample.Scalars.SetDouble(Reading.CpuUsagePercent, 12.5);
        sample.Scalars.Set(Reading.MemoryUsageBytes, 100);
        sample.TelegrafCores.Add("0"u8).Readings.Set(Reading.CoreUsageNs, 7);
        Row device = sample.Devices.Add("sdb"u8);
        device.Number = (8UL << 32) | 16;
        device.Readings.Set(Reading.BlkioReadBytes, 1);
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxErrors, 3);
        sample.SetMemoryStat("cache 10\n"u8);
        return sample;
    }

    private TelegrafEncoder New(TelegrafOptions options, TimeSpan suppress = default) =>
        new(options, new EncodeOptions { Host = "h", SuppressUnchanged = suppress }, new BatchPool(65536), _collected, _counters);

    private List<Point> Encode(Container container, ContainerSample sample, TelegrafOptions options)
    {
        int before = _collected.All.Length;
        TelegrafEncoder encoder = New(options);
        encoder.BeginCycle(new ContainerList(1, [container]));
        encoder.Accept(container, sample);
        encoder.EndCycle(default);
        return StrictParser.ParseAll(_collected.All[before..]);
    }

    private sealed class Dropped : IBatchReceiver
    {
        public void Publish(Batch batch) => batch.Release();
    }
}
