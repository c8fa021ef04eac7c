using FsCheck;
using FsCheck.Fluent;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.LineProtocol;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Encode;

public class LineProtocolEncoderTests
{
    private const long At = 1_700_000_000_123_456_789;

    [Fact]
    public void Accept_writes_present_readings_only()
    {
        ContainerSample sample = new() { TimestampNs = At, State = ContainerState.Running };
        sample.Scalars.Set(Reading.InfoPid, 42);
        sample.Scalars.Set(Reading.CpuUsageNs, 7);
        sample.Scalars.SetDouble(Reading.CpuUsagePercent, 12.5);
        sample.Scalars.SetDouble(Reading.CpuLimitCores, double.NaN);
        sample.Scalars.SetUnsigned(Reading.PidsCurrent, ulong.MaxValue);
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 0);
        sample.Interfaces.Add("eth1"u8);

        List<Point> points = Encode([(Web(), sample)]);

        Point info = Single(points, "container_info");
        Assert.Equal(new string('a', 64), info.Fields["container_id"]);
        Assert.Equal(42L, info.Fields["pid"]);
        Assert.Equal("running", info.Fields["state"]);
        Assert.Equal(At, info.TimestampNs);
        Assert.Equal(3, info.Fields.Count);
        Point cpu = Single(points, "container_cpu");
        Assert.Equal(["usage_ns", "usage_percent"], cpu.Fields.Keys);
        Assert.Equal(7L, cpu.Fields["usage_ns"]);
        Assert.Equal(12.5, cpu.Fields["usage_percent"]);
        Assert.DoesNotContain(points, point => point.Measurement == "container_pids");
        Point network = Single(points, "container_network");
        Assert.Equal("eth0", network.Tags["interface"]);
        Assert.Equal(0L, network.Fields["rx_bytes"]);
        Assert.DoesNotContain(points, point => point.Measurement is "container_memory" or "container_tcp" or "container_blkio");
    }

    [Fact]
    public void Accept_writes_every_reading_under_its_catalogue_name()
    {
        foreach (NsCollector.Catalogue.Measurement measurement in NsCollector.Catalogue.MetricCatalogue.Measurements)
        {
            for (int i = 1; i < measurement.Fields.Length; i++)
            {
                if (measurement.Fields[i - 1].Index < 0 || measurement.Fields[i].Index < 0) continue;
                Assert.Equal(measurement.Fields[i - 1].Index + 1, measurement.Fields[i].Index);
            }
        }

        ContainerSample sample = Full();
        Container web = Web() with { CgroupPath = $"/kubepods/burstable/pod{new string('a', 32)}/{new string('a', 64)}" };
        List<Point> points = Encode([(web, sample)]);
        string[] rowTags = ["device", "pagesize", "node", "resource"];
        foreach (NsCollector.Catalogue.Measurement measurement in NsCollector.Catalogue.MetricCatalogue.Measurements)
        {
            string? tag = measurement.RowTag;
            if (measurement.Part > NsCollector.Catalogue.SamplePart.MemoryStat) continue;
            Point point = Assert.Single(points, one => one.Measurement == measurement.Name
                && (tag is null ? !rowTags.Any(one.Tags.ContainsKey) : one.Tags.ContainsKey(tag)));
            foreach (NsCollector.Catalogue.Field field in measurement.Fields)
            {
                Assert.True(point.Fields.ContainsKey(field.Name), $"{measurement.Name} {field.Name}");
                if (field.Index < 0) continue;
                if (field.Type == NsCollector.Catalogue.FieldType.Boolean)
                {
                    Assert.Equal(true, point.Fields[field.Name]);
                    continue;
                }

                object expected = field.Type switch
                {
                    NsCollector.Catalogue.FieldType.Float => field.Index + 0.5,
                    NsCollector.Catalogue.FieldType.String => field.Words[1],
                    _ => (long)field.Index + 1000,
                };
                Assert.Equal(expected, point.Fields[field.Name]);
            }
        }
    }

    [Fact]
    public void AcceptHost_writes_each_row_with_its_tags_and_time()
    {
        var sample = new HostSample { TimestampNs = At };
        sample.Vmstat.Set(Reading.HostVmOomKill, 3);
        Row row = sample.Filesystems.Add("/mnt/a b,c=\"\n"u8);
        row.SetMoreKeys(["x\ty"u8.ToArray(), []]);
        row.TimestampNs = At + 7;
        row.Readings.Set(Reading.HostFilesystemReadOnly, 0);
        sample.Disks.Add("sda"u8).Readings.Set(Reading.HostDiskReadBytes, 512);
        sample.Disks.Add("idle"u8);

        var collected = new CollectedBatches();
        var encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, new BatchPool(512 * 1024), collected, new AgentCounters());
        encoder.AcceptHost(sample);
        encoder.Flush();
        List<Point> points = StrictParser.ParseAll(collected.All);
        Assert.Equal(["host_vmstat", "host_disk", "host_filesystem"], points.Select(point => point.Measurement));
        Assert.All(points, point => Assert.Equal("h", point.Tags["host"]));
        Assert.Equal((3L, At), (points[0].Fields["oom_kills"], points[0].TimestampNs));
        Assert.Equal((512L, "sda"), (points[1].Fields["read_bytes"], points[1].Tags["device"]));
        Assert.Equal((false, At + 7), (points[2].Fields["read_only"], points[2].TimestampNs));
        Assert.Equal(["device", "host", "mount_point"], points[2].Tags.Keys.Order());
        Assert.StartsWith("/mnt/a b,c=\"", points[2].Tags["mount_point"], StringComparison.Ordinal);
    }

    [Fact]
    public void Catalogue_has_every_reading_exactly_once()
    {
        // Those of the host that containers have as well, or that have a total.
        string[] copies = ["host_cpu_core", "host_pressure", "host_network", "host_conntrack", "netfilter"];
        int[] indexes = NsCollector.Catalogue.MetricCatalogue.Measurements
            .Where(measurement => measurement.Name != "nscollector" && !copies.Contains(measurement.Name))
            .SelectMany(measurement => measurement.Fields).Select(field => field.Index).Where(index => index >= 0).ToArray();
        Assert.Equal(Enum.GetValues<Reading>().Select(reading => (int)reading), indexes.Order());
    }

    [Fact]
    public void Catalogue_has_every_agent_reading_once_and_others_fit_one_word()
    {
        int[] indexes = NsCollector.Catalogue.MetricCatalogue.Measurements
            .Where(measurement => measurement.Name == "nscollector")
            .SelectMany(measurement => measurement.Fields).Select(field => field.Index).ToArray();
        Assert.Equal(Enum.GetValues<AgentReading>().Select(reading => (int)reading), indexes.Order());
        Assert.All(NsCollector.Catalogue.MetricCatalogue.Measurements.Where(measurement => !measurement.IsOfAgent), measurement =>
            Assert.InRange(measurement.Fields.Count(field => field.Index >= 0), 0, NsCollector.Catalogue.Measurement.MaxReadings));
    }

    [Fact]
    public void Accept_writes_string_fields_of_rows_escaped_and_bounded()
    {
        ContainerSample sample = new() { TimestampNs = At };
        Row row = sample.Filesystems.Add("/da ta"u8);
        row.SetMoreKeys(["ext4"u8.ToArray()]);
        row.SetTexts(["walk"u8.ToArray(), "/a\"b\\\n\xff"u8.ToArray(), []]);
        row.Readings.Set(Reading.DiskUsedBytes, 5);
        Row other = sample.Filesystems.Add("/long"u8);
        other.SetTexts([new byte[5000], new byte[5000], new byte[5000]]);
        other.Readings.Set(Reading.DiskUsedBytes, 6);
        sample.Filesystems.Add("/empty"u8).SetTexts(["walk"u8.ToArray()]);

        Point[] points = [.. Encode([(Web(), sample)]).Where(point => point.Measurement == "container_filesystem")];
        Assert.Equal(["/da ta", "/long"], points.Select(point => point.Tags["mount_point"]));
        Assert.Equal("ext4", points[0].Tags["fstype"]);
        Assert.Equal(["directory", "used_bytes", "used_source"], points[0].Fields.Keys.Order());
        Assert.Equal(("walk", "/a\"b\\%0A\u00ff", 5L), (points[0].Fields["used_source"], points[0].Fields["directory"], points[0].Fields["used_bytes"]));
        Assert.Equal(NameText.MaxBytes - 2, ((string)points[1].Fields["device"]).Length);
    }

    [Fact]
    public void Accept_writes_sorted_tags_with_static_tags_and_labels()
    {
        var identity = new ContainerIdentity(ContainerRuntime.Containerd, new string('b', 64), "app", "registry/app:1", "default", "pod-1",
            Labels: [new("team", "x y"), new("host", "not the host")]);
        var options = new EncodeOptions { Host = "node 1", IdTag = IdTag.Tag, StaticTags = [new("zone", "eu")] };
        ContainerSample sample = new() { TimestampNs = At };
        Point point = Encode([(new Container(1, identity, "/x", null), sample)], options).Single();
        Assert.Equal(
            ["container", "host", "id", "image", "label_host", "label_team", "namespace", "pod", "runtime", "zone"], point.Tags.Keys);
        Assert.Equal("node 1", point.Tags["host"]);
        Assert.Equal("bbbbbbbbbbbb", point.Tags["id"]);
        Assert.Equal("x y", point.Tags["label_team"]);
    }

    [Fact]
    public void Accept_container_without_name_uses_short_id()
    {
        var container = new Container(1, new ContainerIdentity(ContainerRuntime.Docker, new string('c', 64)), "/x", null);
        Assert.Equal("cccccccccccc", Encode([(container, new ContainerSample { TimestampNs = At })]).Single().Tags["container"]);
    }

    [Fact]
    public void Accept_hostile_names_give_neither_torn_nor_extra_lines() =>
        Prop.ForAll(ArbMap.Default.ArbFor<Tuple<string, string, byte[]>>(), hostile =>
        {
            (string name, string image, byte[] interfaceName) = hostile;
            ContainerSample sample = new() { TimestampNs = At };
            sample.Interfaces.Add(interfaceName).Readings.Set(Reading.NetworkRxBytes, 5);
            var identity = new ContainerIdentity(ContainerRuntime.Docker, name + "\n" + image, name, image,
                Labels: [new(name ?? "", image ?? ""), new("a\nb c=d", "x\ncontainer_cpu usage_ns=1i 1")]);
            List<Point> points = Encode([(new Container(1, identity, "/x", null), sample)]);
            return points.Count == 2 && points[0].Measurement == "container_info" && points[1].Measurement == "container_network"
                && points.All(point => point.Tags["host"] == "h");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Batch_has_whole_lines_and_no_point_is_lost_between_batches()
    {
        ContainerSample sample = Full();
        var collected = new CollectedBatches();
        var encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, new BatchPool(8192), collected, new AgentCounters());
        Container[] containers = [.. Enumerable.Range(1, 50).Select(key => Web() with { Key = key })];
        Cycle(encoder, new ContainerList(1, [.. containers]), [.. containers.Select(container => (container, sample))]);
        Assert.True(collected.Batches.Count > 10);
        Assert.All(collected.Batches, batch => Assert.Equal((byte)'\n', batch[^1]));
        Assert.Equal(collected.Points, StrictParser.ParseAll(collected.All, mayRepeat: true).Count);
        Assert.Equal(encoder.Points, collected.Points);
        Assert.Equal(encoder.Bytes, collected.All.Length);
        Assert.Equal(50, StrictParser.ParseAll(collected.All, mayRepeat: true).Count(point => point.Measurement == "container_memory"));
    }

    [Fact]
    public void Accept_point_longer_than_batch_is_left_out_and_counted()
    {
        var counters = new AgentCounters();
        var collected = new CollectedBatches();
        var encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, new BatchPool(600), collected, counters);
        Cycle(encoder, new ContainerList(1, [Web()]), [(Web(), Full())]);
        Assert.True(counters[AgentCounter.PointsUnencodable] > 0);
        Assert.Equal(collected.Points, StrictParser.ParseAll(collected.All).Count);
    }

    [Fact]
    public void BeginCycle_rebuilds_changed_tags_and_forgets_ended_containers()
    {
        var collected = new CollectedBatches();
        var encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, new BatchPool(65536), collected, new AgentCounters());
        Container before = Web(), after = before with { Identity = before.Identity with { Name = "renamed" } };
        ContainerSample sample = new() { TimestampNs = At };
        Cycle(encoder, new ContainerList(1, [before]), [(before, sample)]);
        Cycle(encoder, new ContainerList(2, [after]), [(after, sample)]);
        Cycle(encoder, new ContainerList(3, []), [(after, sample)]);
        Assert.Equal(["web", "renamed"], StrictParser.ParseAll(collected.All).Select(point => point.Tags["container"]));
    }

    [Fact]
    public void Accept_writes_memory_stat_under_kernel_names()
    {
        ContainerSample sample = new() { TimestampNs = At };
        sample.SetMemoryStat("anon 12\nbad key 1\nhuge 99999999999999999999\nmax 18446744073709551615\n\nx\nfile 0\ntorn 1"u8);
        Point point = Single(Encode([(Web(), sample)]), "container_memory_stat");
        Assert.Equal(new Dictionary<string, object> { ["anon"] = 12L, ["file"] = 0L }, point.Fields);
    }

    [Fact]
    public void WriteAgent_writes_the_agent_and_each_sink()
    {
        var collected = new CollectedBatches();
        var encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, new BatchPool(65536), collected, new AgentCounters());
        var sink = new AgentSnapshot("file:main");
        var agent = new AgentSnapshot("", sink);
        foreach (AgentReading reading in Enum.GetValues<AgentReading>()) (reading >= AgentReading.SinkUp ? sink : agent).Set(reading, (int)reading);
        encoder.WriteAgent(agent, At);
        encoder.Flush();
        List<Point> points = StrictParser.ParseAll(collected.All);
        Assert.Equal(2, points.Count);
        Assert.Equal((long)AgentReading.AllocatedBytes, points[0].Fields["allocated_bytes"]);
        Assert.Equal((int)AgentReading.SinkUp, points[0].Fields.Count);
        Assert.Equal("file:main", points[1].Tags["sink"]);
        Assert.Equal((long)AgentReading.SinkErrors, points[1].Fields["errors"]);
        Assert.Equal(Enum.GetValues<AgentReading>().Count(reading => reading >= AgentReading.SinkUp), points[1].Fields.Count);
    }

    [Fact]
    public void WriteAgent_writes_each_reading_alone_under_its_name()
    {
        foreach (NsCollector.Catalogue.Measurement measurement in NsCollector.Catalogue.MetricCatalogue.Measurements.Where(m => m.Name == "nscollector"))
        {
            foreach (NsCollector.Catalogue.Field field in measurement.Fields)
            {
                var collected = new CollectedBatches();
                var encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, new BatchPool(65536), collected, new AgentCounters());
                var sink = new AgentSnapshot("file:main");
                var agent = new AgentSnapshot("", sink);
                (measurement.RowTag is null ? agent : sink).Set((AgentReading)field.Index, field.Index + 1000);
                encoder.WriteAgent(agent, At);
                encoder.Flush();
                Point point = Assert.Single(StrictParser.ParseAll(collected.All));
                Assert.Equal(new Dictionary<string, object> { [field.Name] = field.Index + 1000L }, point.Fields);
            }
        }
    }

    [Fact]
    public void Accept_in_steady_state_allocates_nothing()
    {
        var pool = new BatchPool(256 * 1024);
        var encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, pool, new Dropped(), new AgentCounters());
        Container container = Web();
        var list = new ContainerList(1, [container]);
        ContainerSample sample = Full();
        for (int i = 0; i < 3; i++) Cycle(encoder, list, [(container, sample)]);

        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                encoder.BeginCycle(list);
                encoder.Accept(container, sample);
                encoder.EndCycle(default);
            }
        }));
    }

    private static Container Web() =>
        new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web", "nginx:1"), "/docker/a", null);

    private static ContainerSample Full()
    {
        ContainerSample sample = new() { TimestampNs = At, State = ContainerState.Paused };
        Fill(sample.Scalars);
        Fill(sample.Protocols);
        Fill(sample.BeginConnections());
        Fill(sample.BeginNetfilter().Add("to port 9"u8).Readings);
        Fill(sample.Cores.Add("0"u8).Readings);
        Fill(sample.Devices.Add("vda"u8).Readings);
        Fill(sample.Pressure.Add("cpu"u8).Readings);
        Fill(sample.Hugetlb.Add("2MB"u8).Readings);
        Row eth0 = sample.Interfaces.Add("eth0"u8);
        Fill(eth0.Readings);
        eth0.SetTexts(["veth1a2b3c"u8.ToArray()]);
        Row qdisc = sample.Qdiscs.Add("eth0"u8);
        Fill(qdisc.Readings);
        qdisc.SetMoreKeys(["host"u8.ToArray(), "tbf"u8.ToArray(), "root"u8.ToArray()]);
        sample.SetMemoryStat("anon 1\n"u8);
        LimitSample limits = sample.BeginLimits();
        Fill(limits.Readings);
        Fill(limits.Devices.Add("vda"u8).Readings);
        Fill(limits.Hugetlb.Add("2MB"u8).Readings);
        MemoryDetailSample detail = sample.BeginMemoryDetail();
        Fill(detail.Readings);
        Fill(detail.Nodes.Add("0"u8).Readings);
        Fill(detail.Misc.Add("sev"u8).Readings);
        foreach (BoundedText list in (BoundedText[])[limits.CpusetCpus, limits.CpusetMems, limits.CpusetCpusEffective, limits.CpusetMemsEffective]) list.Set("0-3,8"u8);
        return sample;
    }

    private static void Fill(ReadingSet set)
    {
        var floats = NsCollector.Catalogue.MetricCatalogue.Measurements.Where(m => m.Name != "nscollector")
            .SelectMany(m => m.Fields).Where(f => f.Type == NsCollector.Catalogue.FieldType.Float).Select(f => f.Index).ToHashSet();
        for (Reading reading = set.First; reading <= set.Last; reading++)
        {
            if (reading == Reading.InfoHealthStatus) set.Set(reading, 1);
            else if (floats.Contains((int)reading)) set.SetDouble(reading, (int)reading + 0.5);
            else set.Set(reading, (int)reading + 1000);
        }
    }

    private static List<Point> Encode((Container, ContainerSample)[] samples, EncodeOptions? options = null)
    {
        var collected = new CollectedBatches();
        var encoder = new LineProtocolEncoder(options ?? new EncodeOptions { Host = "h" }, new BatchPool(512 * 1024), collected, new AgentCounters());
        Cycle(encoder, new ContainerList(1, [.. samples.Select(sample => sample.Item1)]), samples);
        return StrictParser.ParseAll(collected.All);
    }

    [Fact]
    public void SetHost_changes_all_points_from_the_next_cycle_on()
    {
        var collected = new CollectedBatches();
        var encoder = new LineProtocolEncoder(new EncodeOptions { Host = "old" }, new BatchPool(512 * 1024), collected, new AgentCounters());
        ContainerSample sample = new() { TimestampNs = At, State = ContainerState.Running };
        var list = new ContainerList(1, [Web()]);
        encoder.BeginCycle(list);
        encoder.SetHost("new name");
        encoder.Accept(list.Containers[0], sample);
        encoder.EndCycle(default);
        Cycle(encoder, list, [(list.Containers[0], sample)]);
        var own = new AgentSnapshot("");
        own.Set(AgentReading.Cycles, 2);
        encoder.WriteAgent(own, At);
        encoder.Flush();
        Assert.Equal(["old", "new name", "new name"], StrictParser.ParseAll(collected.All).Select(point => point.Tags["host"]));
    }

    private static void Cycle(LineProtocolEncoder encoder, ContainerList list, (Container, ContainerSample)[] samples)
    {
        encoder.BeginCycle(list);
        foreach ((Container container, ContainerSample sample) in samples) encoder.Accept(container, sample);
        encoder.EndCycle(default);
    }

    private static Point Single(List<Point> points, string measurement) =>
        Assert.Single(points, point => point.Measurement == measurement);

    private sealed class Dropped : IBatchReceiver
    {
        public void Publish(Batch batch) => batch.Release();
    }
}
