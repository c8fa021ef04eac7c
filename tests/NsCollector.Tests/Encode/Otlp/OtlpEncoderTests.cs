using System.Collections.Immutable;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Otlp;
using NsCollector.Encode.Selection;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Encode.Otlp;

public sealed class OtlpEncoderTests : IBatchReceiver
{
    private const long At = 1_700_000_000_123_456_789, Second = 1_000_000_000, Boot = 1_600_000_000_000_000_000;

    private readonly List<byte[]> _batches = [];
    private readonly AgentCounters _counters = new();
    private bool _isKept = true;

    void IBatchReceiver.Publish(Batch batch)
    {
        if (_isKept && batch.Length > 0)
        {
            _batches.Add(batch.Bytes.ToArray());
            Assert.Equal(batch.Points, OtlpRequest.CountPoints(batch.Bytes));
        }

        batch.Release();
    }

    [Fact]
    public void Points_have_the_names_units_and_attributes_of_the_conventions()
    {
        OtlpEncoder encoder = NewEncoder();
        ContainerSample sample = NewSample(At);
        sample.Scalars.Set(Reading.InfoStartedAtNs, At - (60 * Second));
        sample.Scalars.Set(Reading.InfoUptimeNs, 60_500_000_000);
        sample.Scalars.Set(Reading.CpuUserNs, 1_500_000_001);
        sample.Scalars.Set(Reading.CpuSystemNs, 2);
        sample.Scalars.SetDouble(Reading.CpuUsagePercent, 150);
        sample.Scalars.Set(Reading.MemoryUsageBytes, 4096);
        sample.Scalars.Set(Reading.MemoryPgscan, 7);
        sample.Protocols.Set(Reading.TcpRetransSegs, 3);
        sample.Devices.Add("vda"u8).Readings.Set(Reading.BlkioReadBytes, 512);
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 10);
        sample.Interfaces[0].Readings.Set(Reading.NetworkTxBytes, 20);

        List<OtlpPoint> points = Cycle(encoder, (NewContainer("web"), sample));

        Assert.All(points, point => Assert.Equal(At, point.TimeNs));
        OtlpPoint user = One(points, "container.cpu.time", ("cpu.mode", "user"));
        Assert.Equal(("s", true, 2L, true, 1.500000001, At - (60 * Second)), (user.Unit, user.IsSum, user.Temporality, user.IsMonotonic, user.Double, user.StartNs));
        Assert.Equal(2e-9, One(points, "container.cpu.time", ("cpu.mode", "system")).Double);
        OtlpPoint uptime = One(points, "container.uptime");
        Assert.Equal(("s", false, 60.5, null), (uptime.Unit, uptime.IsSum, uptime.Double, uptime.StartNs));
        Assert.Equal(("{cpu}", 1.5), (One(points, "container.cpu.usage").Unit, One(points, "container.cpu.usage").Double));
        OtlpPoint memory = One(points, "container.memory.usage");
        Assert.Equal(("By", true, 2L, false, 4096L), (memory.Unit, memory.IsSum, memory.Temporality, memory.IsMonotonic, memory.Integer));
        Assert.Equal(512, One(points, "container.disk.io", ("disk.io.direction", "read"), ("system.device", "vda")).Integer);
        Assert.Equal(10, One(points, "container.network.io", ("network.io.direction", "receive"), ("network.interface.name", "eth0")).Integer);
        Assert.Equal(20, One(points, "container.network.io", ("network.io.direction", "transmit"), ("network.interface.name", "eth0")).Integer);
        Assert.Equal(3, One(points, "container.tcp.retrans_segs").Integer);
        Assert.Equal(7, One(points, "container.memory.pgscan").Integer);
    }

    [Fact]
    public void Resource_has_the_attributes_of_the_container_and_the_host()
    {
        OtlpEncoder encoder = NewEncoder(tags: [new("datacenter", "fra1")]);
        string id = new('a', 64);
        var identity = new ContainerIdentity(ContainerRuntime.Containerd, id, "app", "registry:5000/shop/app:1.2", "default", "web-0", "uid-1", [new("team", "blue")]);
        ContainerSample sample = NewSample(At);

        List<OtlpPoint> points = Cycle(encoder, (new Container(1, identity, "/a", null), sample));

        Dictionary<string, string> expected = new()
        {
            ["container.id"] = id, ["container.name"] = "app", ["container.runtime.name"] = "containerd", ["host.name"] = "node-1", ["service.name"] = "nscollector",
            ["service.instance.id"] = "node-1/" + id, ["container.image.name"] = "registry:5000/shop/app", ["container.image.tags"] = "[1.2]",
            ["k8s.namespace.name"] = "default", ["k8s.pod.name"] = "web-0", ["k8s.pod.uid"] = "uid-1", ["k8s.container.name"] = "app",
            ["datacenter"] = "fra1", ["container.label.team"] = "blue",
        };
        Assert.All(points, point => Assert.Equal(expected.OrderBy(pair => pair.Key, StringComparer.Ordinal), point.Resource.OrderBy(pair => pair.Key, StringComparer.Ordinal)));
    }

    /// <summary>Whatever the catalogue has, each reading becomes a point with its value, and one for a metric that is computed from it.</summary>
    [Fact]
    public void Each_field_of_the_catalogue_gives_its_points()
    {
        foreach (OtlpFamily family in OtlpFamily.All)
        {
            Assert.Matches("^(container|host|nscollector)\\.[a-z0-9_.]+$", family.Name);
            Assert.All(family.Sources, source => Assert.False(source.IsFloat && family.Kind == OtlpKind.Counter, "a delta of bits would be wrong"));
        }

        foreach (SamplePart part in Enum.GetValues<SamplePart>())
        {
            Field[] fields = [.. MetricCatalogue.Measurements.Where(one => one.Part == part).SelectMany(one => one.Fields).Where(field => field.Index >= 0)];
            Assert.Equal(
                fields.Count(field => field.Type != FieldType.String || !field.Words.IsEmpty) + fields.Count(field => field.OtlpDerived is not null),
                OtlpFamily.Select(OutputSelection.All)[(int)part].Sum(family => family.Sources.Length));
        }
    }

    [Fact]
    public void Name_has_one_unit_and_one_kind_in_all_parts() =>
        Assert.All(OtlpFamily.All.GroupBy(family => family.Name), same => Assert.Single(same.Select(family => (family.Unit, family.Kind)).Distinct()));

    /// <summary>
    /// As the OTLP receiver of Prometheus names metrics: dots become underscores, the unit is a suffix, and a counter ends in _total,
    /// none of them twice (prometheus/otlptranslator).
    /// </summary>
    [Fact]
    public void Name_is_unique_in_Prometheus() =>
        Assert.All(OtlpFamily.All.GroupBy(PrometheusName), same => Assert.Single(same.Select(family => family.Name).Distinct()));

    private static string PrometheusName(OtlpFamily family)
    {
        List<string> words = [.. family.Name.Split('.', '_')];
        string unit = family.Unit switch { "s" => "seconds", "By" => "bytes", "%" => "percent", "1" when family.Kind == OtlpKind.Gauge => "ratio", _ => "" };
        if (unit.Length > 0)
        {
            if (unit != "ratio") words.Remove("total");
            words.Remove(unit);
            words.Add(unit);
        }

        if (family.Kind == OtlpKind.Counter)
        {
            words.RemoveAll(word => word == "total");
            words.Add("total");
        }

        return string.Join('_', words);
    }

    [Fact]
    public void Tag_of_the_user_does_not_repeat_an_attribute()
    {
        OtlpEncoder encoder = NewEncoder(tags: [new("service.instance.id", "mine"), new("zone", "a")]);

        List<OtlpPoint> points = Cycle(encoder, (NewContainer("web"), NewSample(At)));

        byte[] bytes = [.. _batches.SelectMany(batch => batch)];
        Assert.Equal(-1, bytes.AsSpan().IndexOf("mine"u8));
        Assert.Equal(("node-1/web", "a"), (points[0].Resource["service.instance.id"], points[0].Resource["zone"]));
    }

    /// <summary>Prometheus writes target_info for each resource at its time, and refuses a request in which that goes back.</summary>
    [Fact]
    public void Time_of_a_resource_never_goes_back()
    {
        OtlpEncoder encoder = NewEncoder();
        Container container = NewContainer("web");
        Cycle(encoder, (container, NewSample(At)));
        var oom = new OomSample { TimestampNs = At - (120 * Second) };
        oom.Readings.Set(Reading.OomKills, 1);
        var host = new HostSample { TimestampNs = At };
        host.Vmstat.Set(Reading.HostVmPgfault, 5);
        var agent = new AgentSnapshot("");
        agent.Set(AgentReading.Containers, 3);

        encoder.AcceptOom(container, oom);
        encoder.AcceptOom(container, oom);
        encoder.AcceptOom(NewContainer("gone"), oom);
        encoder.Accept(container, NewSample(At));
        encoder.AcceptHost(host);
        encoder.WriteAgent(agent, At - Second);
        encoder.Flush(isEnd: true);

        foreach (IGrouping<string, OtlpPoint> resource in Points().GroupBy(point => point.Resource["service.instance.id"]))
        {
            Assert.All(resource, point => Assert.True(point.TimeNs >= At));
            Assert.Equal(resource.Select(point => point.TimeNs).Order(), resource.Select(point => point.TimeNs));
        }

        Assert.Equal(3, Points().Where(point => point.Name == "container.oom.kills").Select(point => (point.TimeNs, point.Resource["container.name"])).Distinct().Count());
    }

    [Fact]
    public void Time_follows_a_clock_that_was_set_back()
    {
        OtlpEncoder encoder = NewEncoder();
        Container container = NewContainer("web");
        Cycle(encoder, (container, NewSample(At)));

        Assert.All(Cycle(encoder, (container, NewSample(At - (3600 * Second)))), point => Assert.Equal(At - (3600 * Second), point.TimeNs));
    }

    [Fact]
    public void Delta_does_not_count_twice_what_was_there_before_the_previous_cycle()
    {
        OtlpEncoder encoder = NewEncoder(OtlpTemporality.Delta);
        Container other = NewContainer("other"), born = NewContainer("web") with { Birth = new ContainerBirth(At - 5, 1) };
        Cycle(encoder, (born, WithDisk(At, 10)), (other, Counting(At, 1, 1)));

        // Its row is gone, then it is.
        Cycle(encoder, (born, WithDisk(At + Second, 1, "vdb")), (other, Counting(At + Second, 1, 1)));
        List<OtlpPoint> rowAgain = Cycle(encoder, (born, WithDisk(At + (2 * Second), 12)), (other, Counting(At + (2 * Second), 1, 1)));
        Cycle(encoder, (other, Counting(At + (3 * Second), 1, 1)));
        List<OtlpPoint> again = Cycle(encoder, (born, Counting(At + (4 * Second), 130, 1)), (other, Counting(At + (4 * Second), 1, 1)));

        Assert.DoesNotContain(rowAgain, point => point.Attributes.GetValueOrDefault("system.device") == "vda");
        Assert.DoesNotContain(again, point => point.Name == "container.memory.pgscan" && point.Resource["container.name"] == "web");
    }

    [Fact]
    public void Available_memory_is_the_limit_less_the_working_set()
    {
        OtlpEncoder encoder = NewEncoder();
        Container container = NewContainer("web");
        ContainerSample sample = NewSample(At);
        sample.Scalars.Set(Reading.MemoryWorkingSetBytes, 40);
        Assert.DoesNotContain(Cycle(encoder, (container, sample)), point => point.Name == "container.memory.available");

        sample.Scalars.Set(Reading.MemoryLimitBytes, 100);
        List<OtlpPoint> points = Cycle(encoder, (container, sample));
        OtlpPoint available = One(points, "container.memory.available");
        Assert.Equal(("By", true, false, 60L), (available.Unit, available.IsSum, available.IsMonotonic, available.Integer));
        Assert.Equal(100, One(points, "container.memory.limit").Integer);

        // The kernel lets the use exceed a limit for a moment.
        sample.Scalars.Set(Reading.MemoryWorkingSetBytes, 101);
        Assert.Equal(0, One(Cycle(encoder, (container, sample)), "container.memory.available").Integer);
    }

    [Fact]
    public void Filesystem_has_the_size_of_what_holds_the_data()
    {
        ContainerSample sample = NewSample(At);
        ReadingSet root = sample.Filesystems.Add("/"u8).Readings;
        root.Set(Reading.DiskUsedBytes, 1);
        root.Set(Reading.DiskLimitBytes, 2);
        root.Set(Reading.DiskFilesystemSizeBytes, 3);
        root.Set(Reading.DiskFilesystemAvailableBytes, 4);
        List<OtlpPoint> points = Cycle(NewEncoder(), (NewContainer("web"), sample));
        Assert.Equal([1L, 2, 3, 4], new[] { "usage", "limit", "capacity", "available" }.Select(name => One(points, "container.filesystem." + name, ("system.filesystem.mountpoint", "/")).Integer));
    }

    [Theory]
    [InlineData(false, 7, 7, 8, 2)]
    [InlineData(true, null, 0, 1, 2)]
    public void Page_faults_are_major_or_minor_and_never_fall_during_a_major_one(bool isDelta, params int?[] expected)
    {
        OtlpEncoder encoder = NewEncoder(isDelta ? OtlpTemporality.Delta : OtlpTemporality.Cumulative);
        Container container = NewContainer("web");
        int at = 0;

        // In the second sample, the kernel has counted a major fault, but not yet as a fault. In the last one, the counters began again.
        foreach ((int all, int major) in new[] { (10, 3), (10, 4), (12, 4), (2, 0) })
        {
            ContainerSample sample = NewSample(At + (at * Second));
            sample.Scalars.Set(Reading.MemoryPgfault, all);
            sample.Scalars.Set(Reading.MemoryPgmajfault, major);
            List<OtlpPoint> points = Cycle(encoder, (container, sample));
            OtlpPoint? minor = points.SingleOrDefault(point => point.Name == "container.paging.faults" && point.Attributes["system.paging.fault.type"] == "minor");
            Assert.Equal(expected[at++], (int?)minor?.Integer);
            if (!isDelta) Assert.Equal(major, One(points, "container.paging.faults", ("system.paging.fault.type", "major")).Integer);
            if (minor is not null) Assert.Equal(("{fault}", true), (minor.Unit, minor.IsMonotonic));
        }
    }

    private static ContainerSample WithDisk(long at, long bytes, string device = "vda")
    {
        ContainerSample sample = NewSample(at);
        sample.Devices.Add(Encoding.ASCII.GetBytes(device)).Readings.Set(Reading.BlkioReadBytes, bytes);
        return sample;
    }

    [Fact]
    public void Delta_of_the_agent_begins_at_its_start()
    {
        OtlpEncoder encoder = NewEncoder(OtlpTemporality.Delta);
        var sink = new AgentSnapshot("otlp:main");
        sink.Set(AgentReading.SinkSentPoints, 9);
        encoder.WriteAgent(new AgentSnapshot("", sink), At + Second);
        encoder.Flush(isEnd: true);

        OtlpPoint sent = One(Points(), "nscollector.sink.sent_points");
        Assert.Equal((9L, At, At + Second), (sent.Integer, sent.StartNs, sent.TimeNs));
    }

    [Fact]
    public void Hostile_names_become_valid_text_and_stay_distinct()
    {
        OtlpEncoder encoder = NewEncoder();
        ContainerSample sample = NewSample(At);
        sample.Interfaces.Add([(byte)'a', 0xFF]).Readings.Set(Reading.NetworkRxBytes, 1);
        sample.Interfaces.Add([(byte)'a', 0xFE]).Readings.Set(Reading.NetworkRxBytes, 2);
        sample.Interfaces.Add("x\u0007\"\n{}"u8).Readings.Set(Reading.NetworkRxBytes, 3);
        var identity = new ContainerIdentity(ContainerRuntime.Docker, "web", "half \ud800 pair" + new string('n', 5000), "image\0:tag");

        List<OtlpPoint> points = Cycle(encoder, (new Container(1, identity, "/a", null), sample));

        string[] names = [.. points.Where(point => point.Name == "container.network.io").Select(point => point.Attributes["network.interface.name"])];
        Assert.Equal(["a%FF", "a%FE", "x%07\"%0A{}"], names);
        string name = points[0].Resource["container.name"];
        Assert.True(Encoding.UTF8.GetByteCount(name) <= NameText.MaxBytes);
        Assert.StartsWith("half ", name);
        Assert.Equal("image%00", points[0].Resource["container.image.name"]);
    }

    [Fact]
    public void Request_larger_than_a_batch_is_divided_without_loss()
    {
        OtlpEncoder encoder = NewEncoder(batchBytes: 4096);
        ContainerSample sample = NewSample(At);
        for (int i = 0; i < 500; i++) sample.Interfaces.Add(Encoding.ASCII.GetBytes("eth" + i)).Readings.Set(Reading.NetworkRxBytes, i);

        List<OtlpPoint> points = Cycle(encoder, (NewContainer("one"), sample), (NewContainer("two"), sample));

        Assert.True(_batches.Count > 10);
        Assert.All(_batches, batch => Assert.True(batch.Length <= 4096));
        foreach (string name in (string[])["one", "two"])
        {
            Assert.Equal(
                Enumerable.Range(0, 500).Select(i => ("eth" + i, (long?)i)),
                points.Where(point => point.Name == "container.network.io" && point.Resource["container.name"] == name).Select(point => (point.Attributes["network.interface.name"], point.Integer)));
        }

        Assert.Equal(0, _counters[AgentCounter.PointsUnencodable]);
    }

    [Fact]
    public void Point_that_fits_into_no_batch_is_counted()
    {
        OtlpEncoder encoder = NewEncoder(batchBytes: 256);
        ContainerSample sample = NewSample(At);
        sample.Interfaces.Add(Encoding.ASCII.GetBytes(new string('e', 250))).Readings.Set(Reading.NetworkRxBytes, 1);

        Cycle(encoder, (NewContainer("web"), sample));

        Assert.True(_counters[AgentCounter.PointsUnencodable] > 0);
    }

    [Fact]
    public void Delta_is_what_was_added_since_the_previous_point()
    {
        OtlpEncoder encoder = NewEncoder(OtlpTemporality.Delta);
        Container container = NewContainer("web");
        Assert.DoesNotContain(Cycle(encoder, (container, Counting(At, 100, 1000))), point => point.IsSum && point.IsMonotonic);

        List<OtlpPoint> second = Cycle(encoder, (container, Counting(At + Second, 140, 1700)));
        List<OtlpPoint> third = Cycle(encoder, (container, Counting(At + (2 * Second), 30, 1700)));

        OtlpPoint faults = One(second, "container.memory.pgscan");
        Assert.Equal((1L, 40L, At, At + Second), (faults.Temporality, faults.Integer, faults.StartNs, faults.TimeNs));
        Assert.Equal(700, One(second, "container.network.io").Integer);

        // It fell, so it began again.
        OtlpPoint after = One(third, "container.memory.pgscan");
        Assert.Equal((30L, At + Second), (after.Integer, after.StartNs));
        Assert.Equal(0, One(third, "container.network.io").Integer);

        // A sum that can fall is always cumulative.
        Assert.Equal((2L, 5L), (One(third, "container.memory.usage").Temporality, One(third, "container.memory.usage").Integer));
    }

    [Fact]
    public void Delta_of_a_born_container_begins_at_its_birth()
    {
        OtlpEncoder encoder = NewEncoder(OtlpTemporality.Delta);
        Container container = NewContainer("web") with { Birth = new ContainerBirth(At - 5, 1) };

        List<OtlpPoint> points = Cycle(encoder, (container, Counting(At, 100, 1000)));

        Assert.Equal((100L, At - 5), (One(points, "container.memory.pgscan").Integer, One(points, "container.memory.pgscan").StartNs));

        // Its network namespace may be older.
        Assert.DoesNotContain(points, point => point.Name == "container.network.io");
    }

    [Fact]
    public void Delta_over_a_cycle_without_the_reading_begins_at_the_last_point()
    {
        OtlpEncoder encoder = NewEncoder(OtlpTemporality.Delta);
        Container container = NewContainer("web");
        Cycle(encoder, (container, Counting(At, 100, 1000)));
        ContainerSample without = NewSample(At + Second);
        Cycle(encoder, (container, without));

        List<OtlpPoint> points = Cycle(encoder, (container, Counting(At + (2 * Second), 110, 1)));

        Assert.Equal((10L, At), (One(points, "container.memory.pgscan").Integer, One(points, "container.memory.pgscan").StartNs));
    }

    [Fact]
    public void Start_of_a_counter_stays_when_the_container_is_renamed()
    {
        OtlpEncoder encoder = NewEncoder();
        Container container = NewContainer("web");
        Cycle(encoder, (container, Counting(At, 1, 1)));
        Container renamed = container with { Identity = container.Identity with { Name = "renamed" } };

        List<OtlpPoint> points = Cycle(encoder, (renamed, Counting(At + Second, 2, 2)));

        Assert.Equal(At, One(points, "container.memory.pgscan").StartNs);
        Assert.Equal("renamed", points[0].Resource["container.name"]);
    }

    [Fact]
    public void Exit_is_a_gauge_with_its_reason_as_an_attribute()
    {
        OtlpEncoder encoder = NewEncoder();
        var exit = new ExitSample { TimestampNs = At };
        exit.Readings.Set(Reading.ExitCode, 137);
        exit.Readings.Set(Reading.ExitCpuUsageNs, 1_500_000_000);
        exit.Readings.Set(Reading.ExitReason, 1);

        encoder.AcceptExit(NewContainer("gone"), exit);
        encoder.Flush(isEnd: true);

        List<OtlpPoint> points = Points();
        Assert.Equal((137L, false), (One(points, "container.exit.exit_code").Integer, One(points, "container.exit.exit_code").IsSum));
        Assert.Equal((1.5, false), (One(points, "container.exit.cpu_usage_time").Double, One(points, "container.exit.cpu_usage_time").IsSum));
        Assert.Equal(1, points.Single(point => point.Name == "container.exit.exit_reason").Integer);
        Assert.Contains("exit_reason", points.Single(point => point.Name == "container.exit.exit_reason").Attributes.Keys);
    }

    /// <summary>What was counted and connected since the last sample is in no sample of the container.</summary>
    [Fact]
    public void Exit_has_last_counters_and_flows()
    {
        OtlpEncoder encoder = NewEncoder();
        var exit = new ExitSample { TimestampNs = At };
        exit.Protocols.Set(Reading.TcpOutSegs, 4);
        Row flow = exit.Flows.Add("10.0.0.1"u8);
        flow.SetMoreKeys(["out"u8.ToArray(), "443"u8.ToArray()]);
        flow.Readings.Set(Reading.FlowBytesSent, 5);

        encoder.AcceptExit(NewContainer("gone"), exit);
        encoder.Flush(isEnd: true);

        List<OtlpPoint> points = Points();
        Assert.Equal(4, One(points, "container.tcp.out_segs").Integer);
        OtlpPoint sent = One(points, "container.flow.bytes_sent");
        Assert.Equal((5L, "10.0.0.1", "out", "443"), (sent.Integer, sent.Attributes["remote"], sent.Attributes["direction"], sent.Attributes["port"]));
        Assert.Equal("gone", sent.Resource["container.name"]);
    }

    [Fact]
    public void Host_and_agent_have_the_resource_of_the_host()
    {
        OtlpEncoder encoder = NewEncoder();
        var host = new HostSample { TimestampNs = At };
        host.Vmstat.Set(Reading.HostVmPgfault, 5);
        host.Memory.Set(Reading.HostMemoryTotalBytes, 1024);
        var sink = new AgentSnapshot("otlp:main");
        sink.Set(AgentReading.SinkSentPoints, 9);
        var agent = new AgentSnapshot("", sink);
        agent.Set(AgentReading.Containers, 3);

        encoder.BeginCycle(ContainerList.Empty);
        encoder.AcceptHost(host);
        encoder.WriteAgent(agent, At);
        encoder.EndCycle(default);

        List<OtlpPoint> points = Points();
        Assert.All(points, point => Assert.Equal("node-1", point.Resource["service.instance.id"]));
        Assert.Equal((5L, Boot), (One(points, "host.vmstat.pgfault").Integer, One(points, "host.vmstat.pgfault").StartNs));
        Assert.Equal(3, One(points, "nscollector.containers").Integer);
        Assert.Equal(9, One(points, "nscollector.sink.sent_points", ("sink", "otlp:main")).Integer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Steady_sample_allocates_nothing(bool isDelta)
    {
        OtlpEncoder encoder = NewEncoder(isDelta ? OtlpTemporality.Delta : OtlpTemporality.Cumulative);
        _isKept = false;
        ContainerList list = new(1, [.. Enumerable.Range(0, 50).Select(i => NewContainer("c" + i))]);
        ContainerSample sample = Counting(At, 1, 1);
        Write();
        Assert.Equal(0, Allocated.LeastOf(Write));

        void Write()
        {
            encoder.BeginCycle(list);
            foreach (Container container in list.Containers) encoder.Accept(container, sample);
            encoder.EndCycle(default);
        }
    }

    private long _nextKey = 1;
    private long _generation = 1;

    private OtlpEncoder NewEncoder(OtlpTemporality temporality = OtlpTemporality.Cumulative, int batchBytes = 256 * 1024, ImmutableArray<KeyValuePair<string, string>> tags = default) =>
        new(new EncodeOptions { Host = "node-1", StaticTags = tags.IsDefault ? [] : tags }, temporality, new BatchPool(batchBytes), this, _counters, Boot, At);

    private Container NewContainer(string name) => new(_nextKey++, new ContainerIdentity(ContainerRuntime.Docker, name, name, "busybox"), "/docker/" + name, null);

    private static ContainerSample NewSample(long at)
    {
        var sample = new ContainerSample { TimestampNs = at };
        sample.Scalars.Set(Reading.MemoryUsageBytes, 5);
        return sample;
    }

    private static ContainerSample Counting(long at, long faults, long received)
    {
        ContainerSample sample = NewSample(at);
        sample.Scalars.Set(Reading.MemoryPgscan, faults);
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, received);
        return sample;
    }

    private List<OtlpPoint> Cycle(OtlpEncoder encoder, params (Container Container, ContainerSample Sample)[] containers)
    {
        _batches.Clear();
        encoder.BeginCycle(new ContainerList(_generation++, [.. containers.Select(one => one.Container)]));
        foreach ((Container container, ContainerSample sample) in containers) encoder.Accept(container, sample);
        encoder.EndCycle(default);
        return Points();
    }

    // A request is the concatenation of the batches.
    private List<OtlpPoint> Points() => OtlpPoint.Decode(_batches.SelectMany(batch => batch).ToArray());

    private static OtlpPoint One(List<OtlpPoint> points, string name, params (string Key, string Value)[] attributes) =>
        Assert.Single(points, point => point.Name == name && attributes.All(one => point.Attributes.GetValueOrDefault(one.Key) == one.Value));
}
