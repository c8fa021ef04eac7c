using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.LineProtocol;
using NsCollector.Encode.Otlp;
using NsCollector.Encode.Prometheus;
using NsCollector.Encode.Telegraf;
using NsCollector.Host.Configuration;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;
using NsCollector.Tests.Encode.Prometheus;
using NsCollector.Tests.Fixtures;
using static NsCollector.Tests.Encode.Selection.OutputSelectionTests;

namespace NsCollector.Tests.Encode.Selection;

/// <summary>Outputs with odd choices, labels and tags: each line and each page is valid.</summary>
public sealed class HostileChoiceTests
{
    private const long At = 1_700_000_000_123_456_789;
    private const string Hostile = "a\nb c,d=e\"f\\";

    /// <summary>A measurement of which only a field is selected that the sample does not have, and one of which only that field is there.</summary>
    [Fact]
    public void No_line_is_without_a_field_whichever_field_is_selected()
    {
        int points = 0;
        Container web = Container([], []);
        foreach (bool isPartial in new[] { true, false })
        {
            ContainerSample sample = Sample(isPartial);
            HostSample host = Host(isPartial);
            var exit = new ExitSample { TimestampNs = At };
            exit.Readings.Set(Reading.ExitCode, 1);
            foreach ((string name, _) in MetricNames.NsCollector.Concat(MetricNames.Telegraf))
            {
                var collected = new CollectedBatches();
                EncodeOptions options = new() { Host = "h", Selection = Choose(name), SuppressUnchanged = TimeSpan.FromSeconds(60) };
                var telegraf = new TelegrafOptions { Host = true, PerDevice = TelegrafKinds.Cpu | TelegrafKinds.Network | TelegrafKinds.Blkio };
                IEncoder[] encoders =
                    [new LineProtocolEncoder(options, new BatchPool(65536), collected, new AgentCounters()), new TelegrafEncoder(telegraf, options, new BatchPool(65536), collected, new AgentCounters())];
                foreach (IEncoder encoder in encoders)
                {
                    encoder.BeginCycle(new ContainerList(1, [web]));
                    encoder.Accept(web, sample);
                    encoder.AcceptHost(host);
                    encoder.AcceptExit(web, exit);
                    encoder.EndCycle(default);
                }

                List<Point> written = StrictParser.ParseAll(collected.All);
                points += written.Count;
                Assert.All(written, point => Assert.NotEmpty(point.Fields));
            }
        }

        Assert.True(points > 100, $"{points} points");
    }

    [Fact]
    public void Cycle_without_a_selected_point_ends_what_was_flushed_before()
    {
        var receiver = new Ends();
        EncodeOptions options = new() { Host = "h", Selection = Choose("container_exit.*") };
        IEncoder[] encoders =
        [
            new LineProtocolEncoder(options, new BatchPool(65536), receiver, new AgentCounters()),
            new OtlpEncoder(options, OtlpTemporality.Cumulative, new BatchPool(65536), receiver, new AgentCounters(), 1, 1),
        ];
        Container web = Container([], []);
        var exit = new ExitSample { TimestampNs = At };
        exit.Readings.Set(Reading.ExitCode, 1);
        foreach (IEncoder encoder in encoders)
        {
            receiver.Batches.Clear();
            encoder.BeginBirths(new ContainerList(1, [web]));
            encoder.AcceptExit(web, exit);
            encoder.Flush(isEnd: false);
            encoder.BeginCycle(new ContainerList(2, [web]));
            encoder.Accept(web, Sample(isPartial: false));
            encoder.EndCycle(default);
            Assert.Equal([(true, false), (false, true)], receiver.Batches);
        }
    }

    [Fact]
    public void Keys_that_differ_only_in_punctuation_or_case_are_one_label_of_the_page()
    {
        Container web = Container([new("a-b", "1"), new("a.b", "2"), new("a_b", "3"), new("é", "4"), new("ö", "5")], [new("REGION", "x"), new("Region", "y"), new("label_a_b", "z")]);
        string line = Page(web).First(text => text.StartsWith("container_memory_usage_bytes{", StringComparison.Ordinal));
        string[] names = [.. line[(line.IndexOf('{', StringComparison.Ordinal) + 1)..line.IndexOf('}', StringComparison.Ordinal)].Split(',').Select(label => label.Split('=')[0])];
        Assert.Equal(names.Distinct(), names);
        Assert.Contains("container_label_a_b", names);
        Assert.Contains("container_env_region", names);
    }

    [Fact]
    public void Hostile_values_of_labels_variables_and_tags_stay_inside_their_place()
    {
        Container web = Container([new(Hostile, Hostile)], [new("NAME", Hostile)], [new("compose_project", Hostile), new("owner", "Deployment/" + Hostile)]);
        var collected = new CollectedBatches();
        var lines = new LineProtocolEncoder(new EncodeOptions { Host = "h", Selection = Choose("container_memory.usage_bytes") }, new BatchPool(65536), collected, new AgentCounters());
        lines.BeginCycle(new ContainerList(1, [web]));
        lines.Accept(web, Sample(isPartial: false));
        lines.EndCycle(default);
        Point point = Assert.Single(StrictParser.ParseAll(collected.All));
        Assert.Equal(["usage_bytes"], point.Fields.Keys);
        Assert.Equal(7, point.Tags.Count);

        string[] page = Page(web);
        Assert.All(page, line => Assert.Matches("^(# (HELP|TYPE) |container_memory_usage_bytes\\{)", line));
        Assert.Contains("container_env_name=\"a\\nb c,d=e\\\"f\\\\\"", page[^1], StringComparison.Ordinal);
    }

    private static string[] Page(Container container) =>
        RenderedPage.Of(new PageOptions { Selection = Choose("container_memory_usage_bytes") }, container, Sample(isPartial: false)).TrimEnd('\n').Split('\n');

    private static Container Container(KeyValuePair<string, string>[] labels, KeyValuePair<string, string>[] variables, params KeyValuePair<string, string>[] tags) =>
        new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web", Labels: [.. labels]) { Environment = [.. variables], OrchestratorTags = [.. tags] }, "/docker/a", null);

    private static ContainerSample Sample(bool isPartial)
    {
        var sample = new ContainerSample { TimestampNs = At, State = ContainerState.Running };
        sample.Scalars.Set(Reading.MemoryUsageBytes, 4096);
        foreach (ReadingSet set in new[] { sample.Scalars, sample.Interfaces.Add("eth0"u8).Readings, sample.Devices.Add("sda"u8).Readings, sample.Cores.Add("0"u8).Readings, sample.Filesystems.Add("/"u8).Readings })
            Fill(set, isPartial);
        return sample;
    }

    private static HostSample Host(bool isPartial)
    {
        var host = new HostSample { TimestampNs = At, UptimeNs = 1 };
        foreach (Measurement measurement in MetricCatalogue.Measurements.Where(one => one.IsOfHost))
        {
            if ((host.SetOf(measurement.Part) ?? host.RowsOf(measurement.Part)?.Add("x"u8).Readings) is { } set) Fill(set, isPartial);
        }

        return host;
    }

    // Of a partial set, every third number is there.
    private static void Fill(ReadingSet set, bool isPartial)
    {
        foreach (Field field in MetricCatalogue.Measurements.Where(one => !one.IsOfAgent).SelectMany(one => one.Fields))
        {
            bool isIn = field.Index >= (int)set.First && field.Index <= (int)set.Last && field.Type != FieldType.String;
            if (isIn && (!isPartial || field.Index % 3 == 0)) set.Set((Reading)field.Index, 1);
        }
    }

    /// <summary>Keeps of each batch whether it has points, and whether it ends a cycle.</summary>
    private sealed class Ends : IBatchReceiver
    {
        internal List<(bool HasPoints, bool EndsCycle)> Batches { get; } = [];

        public void Publish(Batch batch)
        {
            Batches.Add((batch.Points > 0, batch.EndsCycle));
            batch.Release();
        }
    }
}
