using System.Collections.Immutable;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.LineProtocol;
using NsCollector.Encode.Otlp;
using NsCollector.Encode.Prometheus;
using NsCollector.Encode.Selection;
using NsCollector.Encode.Telegraf;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;
using NsCollector.Tests.Encode.Prometheus;
using NsCollector.Tests.Fixtures;
using static NsCollector.Tests.Encode.Selection.OutputSelectionTests;

namespace NsCollector.Tests.Encode.Selection;

/// <summary>What each encoder writes of one sample if only some metrics, labels and tags are selected.</summary>
public sealed class SelectedOutputTests
{
    private const long At = 1_700_000_000_123_456_789;

    private readonly CollectedBatches _collected = new();

    [Theory]
    [InlineData("container_cpu.usage_ns,container_network.rx_*", "", "container_cpu usage_ns", "container_network rx_bytes")]
    [InlineData("container_info.state", "", "container_info state")]
    [InlineData("container_info.container_id", "", "container_info container_id")]
    [InlineData("container_info.*", "*.container_id,container_info.state", "container_info pid")]
    [InlineData("container_filesystem.device", "")]
    [InlineData("container_memory_stat.*", "", "container_memory_stat anon")]
    [InlineData("container_tcp.*", "")]
    public void Lines_have_only_the_selected_fields(string include, string exclude, params string[] expected)
    {
        List<Point> points = Lines(Choose(include, exclude));
        Assert.Equal(expected, points.Select(point => $"{point.Measurement} {string.Join(',', point.Fields.Keys)}"));
    }

    [Fact]
    public void Lines_of_events_the_host_and_the_agent_are_selected_too()
    {
        var host = new HostSample { TimestampNs = At };
        host.Load.SetDouble(Reading.HostLoad1, 1.5);
        host.Load.SetDouble(Reading.HostLoad5, 2.5);
        var exit = new ExitSample { TimestampNs = At };
        exit.Readings.Set(Reading.ExitCode, 3);
        exit.Readings.Set(Reading.ExitLifetimeNs, 4);
        var snapshot = new AgentSnapshot("", new AgentSnapshot("main"));
        snapshot.Set(AgentReading.Cycles, 5);
        var encoder = new LineProtocolEncoder(Options(Choose("host_load.load1,container_exit.exit_code,nscollector.cycles")), new BatchPool(65536), _collected, new AgentCounters());
        encoder.BeginCycle(new ContainerList(1, [Web()]));
        encoder.AcceptHost(host);
        encoder.AcceptExit(Web(), exit);
        encoder.WriteAgent(snapshot, At);
        encoder.EndCycle(default);

        List<Point> points = StrictParser.ParseAll(_collected.All);
        Assert.Equal(["host_load load1", "container_exit exit_code", "nscollector cycles"], points.Select(point => $"{point.Measurement} {string.Join(',', point.Fields.Keys)}"));
    }

    [Theory]
    [InlineData("docker_container_cpu.*", "", "docker_container_cpu container_id,usage_in_usermode,usage_total")]
    [InlineData("container_cpu.usage_ns", "", "docker_container_cpu usage_total")]
    [InlineData("docker_container_mem.usage_percent,docker_container_mem.limit", "", "docker_container_mem limit")]
    [InlineData("", "docker_container_[nmb]*,docker_container_cpu.*,*.container_id", "docker_container_status exitcode,pid")]
    public void Telegraf_points_have_only_the_selected_fields(string include, string exclude, params string[] expected)
    {
        var encoder = new TelegrafEncoder(new TelegrafOptions(), Options(Choose(include, exclude)), new BatchPool(65536), _collected, new AgentCounters());
        encoder.BeginCycle(new ContainerList(1, [Web()]));
        encoder.Accept(Web(), Sample());
        encoder.EndCycle(default);
        List<Point> points = StrictParser.ParseAll(_collected.All);
        Assert.Equal(expected, points.Select(point => $"{point.Measurement} {string.Join(',', point.Fields.Keys.Order(StringComparer.Ordinal))}"));
    }

    [Fact]
    public void Every_field_of_a_Telegraf_point_is_in_the_list_of_names()
    {
        var names = TelegrafFields.All.Select(field => field.Name).ToHashSet(StringComparer.Ordinal);
        ContainerSample sample = Sample();
        foreach (ReadingSet set in new[] { sample.Scalars, sample.Interfaces.Add("eth1"u8).Readings, sample.Devices.Add("sda"u8).Readings, sample.Cores.Add("0"u8).Readings })
        {
            foreach (Measurement measurement in MetricCatalogue.Measurements)
            {
                foreach (Field field in measurement.Fields.Where(field => !measurement.IsOfAgent && field.Index >= (int)set.First && field.Index <= (int)set.Last && field.Type != FieldType.String))
                    set.Set((Reading)field.Index, 1);
            }
        }

        sample.HostCpuNs = 1;
        var host = new HostSample { TimestampNs = At, UptimeNs = 1 };
        foreach (Measurement measurement in MetricCatalogue.Measurements.Where(one => one.IsOfHost))
        {
            ReadingSet? set = host.SetOf(measurement.Part) ?? host.RowsOf(measurement.Part)?.Add("x"u8).Readings;
            foreach (Field field in measurement.Fields.Where(field => field.Index >= 0)) set!.Set((Reading)field.Index, 1);
        }

        var exit = new ExitSample { TimestampNs = At };
        exit.Readings.Set(Reading.ExitCode, 1);
        exit.Readings.Set(Reading.ExitLifetimeNs, 1);
        Container web = Web() with { State = new RuntimeState(1) };
        var encoder = new TelegrafEncoder(
            new TelegrafOptions { Host = true, PerDevice = TelegrafKinds.Cpu | TelegrafKinds.Network | TelegrafKinds.Blkio }, Options(OutputSelection.All), new BatchPool(65536), _collected, new AgentCounters());
        encoder.BeginCycle(new ContainerList(1, [web]));
        encoder.Accept(web, sample);
        encoder.AcceptHost(host);
        host.TimestampNs++;
        host.Cpu.Set(Reading.HostCpuUserNs, 1000);
        encoder.AcceptHost(host);
        encoder.AcceptExit(web, exit);
        encoder.EndCycle(default);

        List<Point> points = StrictParser.ParseAll(_collected.All);
        Assert.True(points.Select(point => point.Measurement).Distinct().Count() >= 12);
        Assert.DoesNotContain(points.SelectMany(point => point.Fields.Keys.Select(field => point.Measurement + "." + field)), name => !names.Contains(name));
    }

    [Theory]
    [InlineData("container.cpu.time", "", "container.cpu.time")]
    [InlineData("container_network.*", "", "container.network.io")]
    [InlineData("container_cpu.*,container_network.*", "container.network.*,container.cpu.usage*", "container.cpu.time")]
    public void Otlp_has_only_the_selected_metrics(string include, string exclude, params string[] expected)
    {
        var receiver = new CollectedBatches();
        var encoder = new OtlpEncoder(Options(Choose(include, exclude)), OtlpTemporality.Delta, new BatchPool(65536), receiver, new AgentCounters(), 1, 1);
        for (int cycle = 0; cycle < 2; cycle++)
        {
            ContainerSample sample = Sample();
            sample.TimestampNs = At + (cycle * 1_000_000_000L);
            encoder.BeginCycle(new ContainerList(1, [Web()]));
            encoder.Accept(Web(), sample);
            encoder.WriteAgent(new AgentSnapshot("", new AgentSnapshot("main")), sample.TimestampNs);
            encoder.EndCycle(default);
        }

        string text = Encoding.Latin1.GetString(receiver.All);
        Assert.All(expected, name => Assert.Contains(name, text, StringComparison.Ordinal));
        Assert.All(OtlpFamily.All.Select(family => family.Name).Except(expected).Where(name => !expected.Any(one => one.Contains(name, StringComparison.Ordinal))),
            name => Assert.DoesNotContain(name, text.Replace("container.name", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("container_cpu_usage_seconds_total,container_last_seen", "", "container_last_seen", "container_cpu_usage_seconds_total")]
    [InlineData("container_network.rx_bytes", "", "container_network_receive_bytes_total")]
    [InlineData("*_scrape_error,container_memory_usage_bytes", "machine_*", "container_memory_usage_bytes", "container_scrape_error")]
    public void Page_has_only_the_selected_series(string include, string exclude, params string[] expected)
    {
        string[] lines = Page(Choose(include, exclude), Web());
        Assert.Equal(expected, lines.Where(line => line[0] != '#').Select(line => line.Split('{', ' ')[0]).Distinct());
        Assert.Equal(expected, lines.Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]));
    }

    [Fact]
    public void Labels_variables_and_orchestrator_tags_are_tags_and_labels()
    {
        Container web = Named();
        OutputSelection all = OutputSelection.All, one = new(new OutputChoice { IncludeLabels = new GlobList(["team", "REGION"]), ExcludeLabels = new GlobList(["REGION"]) });

        var tags = Lines(all, web)[0].Tags;
        Assert.Equal(("shop", "web", "a", "b", "fra"), (tags["compose_project"], tags["compose_service"], tags["label_team"], tags["label_x"], tags["env_REGION"]));
        tags = Lines(one, web)[0].Tags;
        Assert.Equal(("shop", "a", false, false), (tags["compose_project"], tags["label_team"], tags.ContainsKey("label_x"), tags.ContainsKey("env_REGION")));

        string line = Page(all, web).First(text => text.StartsWith("container_memory_usage_bytes{", StringComparison.Ordinal));
        Assert.Contains("container_label_team=\"a\",container_label_x=\"b\",container_env_region=\"fra\"}", line, StringComparison.Ordinal);
        Assert.DoesNotContain("compose_", line, StringComparison.Ordinal);
        line = Page(one, web).First(text => text.StartsWith("container_memory_usage_bytes{", StringComparison.Ordinal));
        Assert.Contains("container_label_team=\"a\"}", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Static_tag_with_the_name_of_an_orchestrators_tag_stays()
    {
        var tags = Lines(OutputSelection.All, Named(), [new("compose_project", "mine")])[0].Tags;
        Assert.Equal(("mine", "web", false), (tags["compose_project"], tags["compose_service"], tags.ContainsKey("compose_project_")));
    }

    [Fact]
    public void Points_of_the_host_have_the_static_tags()
    {
        var host = new HostSample { TimestampNs = At };
        host.Load.SetDouble(Reading.HostLoad1, 1.5);
        host.Filesystems.Add("/"u8).Readings.Set(Reading.HostFilesystemSizeBytes, 1);
        var encoder = new LineProtocolEncoder(
            new EncodeOptions { Host = "h", StaticTags = [new("rack", "7"), new("mount_point", "x")] }, new BatchPool(65536), _collected, new AgentCounters());
        encoder.AcceptHost(host);
        encoder.WriteAgent(new AgentSnapshot(), At);
        encoder.EndCycle(default);
        List<Point> points = StrictParser.ParseAll(_collected.All);
        Assert.All(points.Where(point => point.Measurement.StartsWith("host_", StringComparison.Ordinal)), point => Assert.Equal(("h", "7", "x"), (point.Tags["host"], point.Tags["rack"], point.Tags["mount_point_"])));
        Assert.Contains(points, point => point.Measurement == "host_load");
        Assert.Equal("/", points.Single(point => point.Measurement == "host_filesystem").Tags["mount_point"]);
    }

    [Fact]
    public void Encoding_a_selection_allocates_nothing()
    {
        Container web = Web();
        ContainerSample sample = Sample();
        var lines = new LineProtocolEncoder(Options(Choose("container_cpu.*,container_info.pid")), new BatchPool(1 << 20), new CollectedBatches(), new AgentCounters());
        var telegraf = new TelegrafEncoder(new TelegrafOptions(), Options(Choose("", "docker_container_mem.*")), new BatchPool(1 << 20), new CollectedBatches(), new AgentCounters());
        lines.BeginCycle(new ContainerList(1, [web]));
        telegraf.BeginCycle(new ContainerList(1, [web]));
        lines.Accept(web, sample);
        telegraf.Accept(web, sample);
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                lines.Accept(web, sample);
                telegraf.Accept(web, sample);
            }
        }));
    }

    private static string[] Page(OutputSelection selection, Container container) =>
        RenderedPage.Of(new PageOptions { Selection = selection, Version = "1" }, container, Sample()).TrimEnd('\n').Split('\n');

    private static List<Point> Lines(OutputSelection selection, Container? container = null, ImmutableArray<KeyValuePair<string, string>>? staticTags = null)
    {
        var collected = new CollectedBatches();
        Container one = container ?? Web();
        var encoder = new LineProtocolEncoder(Options(selection) with { StaticTags = staticTags ?? [] }, new BatchPool(65536), collected, new AgentCounters());
        encoder.BeginCycle(new ContainerList(1, [one]));
        encoder.Accept(one, Sample());
        encoder.EndCycle(default);
        return StrictParser.ParseAll(collected.All);
    }

    private static EncodeOptions Options(OutputSelection selection) => new() { Host = "h", Selection = selection };

    private static Container Web() => new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web"), "/docker/a", null);

    private static Container Named() => Web() with
    {
        Identity = new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web", Labels: [new("team", "a"), new("x", "b")])
        {
            Environment = [new("REGION", "fra")],
            OrchestratorTags = [new("compose_project", "shop"), new("compose_service", "web")],
        },
    };

    private static ContainerSample Sample()
    {
        var sample = new ContainerSample { TimestampNs = At, State = ContainerState.Running };
        sample.Scalars.Set(Reading.InfoPid, 42);
        sample.Scalars.Set(Reading.CpuUsageNs, 7);
        sample.Scalars.Set(Reading.CpuUserNs, 5);
        sample.Scalars.Set(Reading.MemoryUsageBytes, 4096);
        sample.Scalars.Set(Reading.MemoryEffectiveLimitBytes, 8192);
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 1);
        sample.Interfaces[0].Readings.Set(Reading.NetworkTxBytes, 2);
        sample.Filesystems.Add("/"u8).Readings.Set(Reading.DiskUsedBytes, 3);
        sample.SetMemoryStat("anon 1\n"u8);
        return sample;
    }
}
