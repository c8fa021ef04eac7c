using System.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Json;
using NsCollector.Encode.LineProtocol;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Encode;

/// <summary>Points of what happens to containers between cycles: ends, and lack of memory.</summary>
public class EventPointsTests
{
    private const long At = 1_700_000_000_123_456_789;

    private readonly CollectedBatches _collected = new();
    private readonly LineProtocolEncoder _encoder;

    public EventPointsTests() =>
        _encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, new BatchPool(65536), _collected, new AgentCounters());

    [Fact]
    public void Events_write_every_reading_under_its_name()
    {
        ExitSample exit = new() { TimestampNs = At };
        OomSample oom = new() { TimestampNs = At + 5 };
        StartSample start = new() { TimestampNs = At + 6 };
        for (Reading reading = start.Readings.First; reading <= start.Readings.Last; reading++) start.Readings.Set(reading, (long)reading);
        for (Reading reading = exit.Readings.First; reading <= exit.Readings.Last; reading++) exit.Readings.Set(reading, (long)reading);
        for (Reading reading = oom.Readings.First; reading <= oom.Readings.Last; reading++) oom.Readings.Set(reading, (long)reading);
        oom.Texts.Add(ContainerOomFields.VictimName, "java");
        oom.Texts.Add(ContainerOomFields.Constraint, "ancestor");
        oom.Texts.Add(ContainerOomFields.ConstraintCgroup, "/docker");
        exit.Readings.Set(Reading.ExitFinal, 1);
        exit.Readings.Set(Reading.ExitNetworkFinal, 0);
        exit.Readings.Set(Reading.ExitReason, (long)ExitReason.Oom);
        exit.Readings.Set(Reading.ExitHealthStatus, (long)HealthStatus.Unhealthy);
        _encoder.AcceptExit(Web(), exit);
        _encoder.AcceptOom(Web(), oom);
        _encoder.AcceptStart(Web(), start);

        List<Point> points = Points();
        Assert.Equal(["container_exit", "container_oom", "container_start"], points.Select(point => point.Measurement));
        Assert.Equal([At, At + 5, At + 6], points.Select(point => point.TimestampNs));
        Assert.All(points, point => Assert.Equal(new string('a', 64), point.Fields["container_id"]));
        Assert.All(points, point => Assert.Equal(["container", "host", "image", "runtime"], point.Tags.Keys));
        foreach (Point point in points)
        {
            Measurement measurement = MetricCatalogue.Measurements.Single(m => m.Name == point.Measurement);
            Assert.Equal(measurement.Fields.Select(field => field.Name), point.Fields.Keys);
            foreach (Field field in measurement.Fields.Where(field => field.Type == FieldType.Integer)) Assert.Equal((long)field.Index, point.Fields[field.Name]);
        }

        Assert.Equal(true, points[0].Fields["final"]);
        Assert.Equal(false, points[0].Fields["network_final"]);
        Assert.Equal(("oom", "unhealthy"), (points[0].Fields["exit_reason"], points[0].Fields["health_status"]));
        Assert.Equal(("java", "ancestor", "/docker"), (points[1].Text("victim_name"), points[1].Text("constraint"), points[1].Text("constraint_cgroup")));
    }

    [Theory]
    [InlineData("a\"b,c=1 d", "a\"b,c=1 d")]
    [InlineData("a\nx,y=1 z=2 3\n", "a x,y=1 z=2 3 ")]
    [InlineData("\\", "\\")]
    [InlineData("", "")]
    public void AcceptOom_hostile_name_is_one_field_of_one_line(string name, string expected)
    {
        OomSample oom = new() { TimestampNs = At };
        oom.Texts.Add(ContainerOomFields.VictimName, name);
        oom.Texts.Add(ContainerOomFields.ConstraintCgroup, "/" + new string('"', 100_000));
        _encoder.AcceptOom(Web(), oom);
        Point point = Points().Single();
        Assert.Equal(["container_id", "victim_name", "constraint_cgroup"], point.Fields.Keys);
        Assert.Equal(expected, point.Text("victim_name"));
        Assert.Equal(4096, point.Text("constraint_cgroup").Length);

        using var output = new MemoryStream();
        new JsonRenderer(output, new EncodeOptions { Host = "h" }).AcceptOom(Web(), oom);
        Assert.Equal(name, JsonDocument.Parse(output.ToArray()).RootElement.GetProperty("container_oom").GetProperty("victim_name").GetString());
    }

    [Fact]
    public void Words_of_the_catalogue_are_those_of_the_enumerations()
    {
        Assert.Equal(Enum.GetNames<ExitReason>().Select(name => name.ToLowerInvariant()), MetricCatalogue.FieldOf(Reading.ExitReason).Words);
        Assert.Equal(Enum.GetNames<HealthStatus>().Select(name => name.ToLowerInvariant()), MetricCatalogue.FieldOf(Reading.ExitHealthStatus).Words);
        Assert.Equal(Enum.GetNames<HealthStatus>().Select(name => name.ToLowerInvariant()), MetricCatalogue.FieldOf(Reading.InfoHealthStatus).Words);
    }

    [Fact]
    public void AcceptExit_without_readings_still_writes_a_point()
    {
        _encoder.AcceptExit(Web(), new ExitSample { TimestampNs = At });
        Assert.Equal(["container_id"], Points().Single().Fields.Keys);
    }

    /// <summary>The connections since the last sample. An unknown direction has no port.</summary>
    [Fact]
    public void AcceptExit_writes_connections_of_running_interval()
    {
        var exit = new ExitSample { TimestampNs = At };
        Row outgoing = exit.Flows.Add("10.0.0.1"u8), other = exit.Flows.Add("fd00::1"u8);
        outgoing.SetMoreKeys(["out"u8.ToArray(), "443"u8.ToArray()]);
        outgoing.Readings.Set(Reading.FlowBytesSent, 5);
        other.SetMoreKeys(["unknown"u8.ToArray(), []]);
        other.Readings.Set(Reading.FlowBytesSent, 6);
        _encoder.AcceptExit(Web(), exit);
        Assert.Equal(
            ["container_flow,10.0.0.1,out,443 5", "container_flow,fd00::1,unknown, 6"],
            Points().Skip(1).Select(point => $"{point.Measurement},{point.Tags["remote"]},{point.Tags["direction"]},{point.Tags.GetValueOrDefault("port")} {point.Fields["bytes_sent"]}"));
    }

    [Fact]
    public void AcceptExit_container_not_in_list_has_its_tags()
    {
        Container web = Web();
        Container renamed = web with { Identity = web.Identity with { Name = "renamed" } };
        _encoder.BeginCycle(new ContainerList(1, [web]));
        _encoder.AcceptExit(renamed, new ExitSample { TimestampNs = At });
        _encoder.BeginCycle(new ContainerList(2, []));
        _encoder.AcceptExit(web, new ExitSample { TimestampNs = At });
        _encoder.AcceptExit(web with { Key = 99, IdTag = "aaaaaaaaaaaa" }, new ExitSample { TimestampNs = At });
        List<Point> points = Points();
        Assert.Equal(["renamed", "web", "web"], points.Select(point => point.Tags["container"]));
        Assert.Equal("aaaaaaaaaaaa", points[2].Tags["id"]);
        Assert.All(points, point => Assert.Equal(At, point.TimestampNs));
    }

    [Fact]
    public void AcceptExit_same_series_and_time_gets_unique_timestamp()
    {
        foreach (long time in (long[])[At, At, At + 1, At]) _encoder.AcceptOom(Web(), new OomSample { TimestampNs = time });
        _encoder.EndCycle(default);
        _encoder.AcceptOom(Web(), new OomSample { TimestampNs = At });

        // Another series, by measurement or by tags, is nobody's rival.
        _encoder.AcceptExit(Web(), new ExitSample { TimestampNs = At });
        Container other = Web() with { Key = 2, Identity = Web().Identity with { Name = "other" } };
        _encoder.AcceptOom(other, new OomSample { TimestampNs = At });

        List<Point> points = Points();
        Assert.Equal([At, At + 1, At + 2, At + 3, At + 4, At, At], points.Select(point => point.TimestampNs));
    }

    [Fact]
    public void Flush_publishes_points_and_cycle_end_without_point_as_empty_batch()
    {
        var received = new List<(int Length, int Points, bool Ends)>();
        var encoder = new LineProtocolEncoder(
            new EncodeOptions { Host = "h" }, new BatchPool(65536), new Receiver(batch => received.Add((batch.Length, batch.Points, batch.EndsCycle))), new AgentCounters());
        encoder.Flush(isEnd: false);
        Assert.Empty(received);

        encoder.AcceptExit(Web(), new ExitSample { TimestampNs = At });
        encoder.Flush(isEnd: false);
        Assert.True(received.Single() is { Length: > 0, Points: 1, Ends: false });

        encoder.Flush(isEnd: true);
        Assert.Equal((0, 0, true), received[1]);
        encoder.AcceptExit(Web(), new ExitSample { TimestampNs = At });
        encoder.Flush(isEnd: true);
        Assert.True(received[2] is { Length: > 0, Points: 1, Ends: true });
        Assert.Equal(3, received.Count);
    }

    [Fact]
    public void JsonRenderer_event_is_a_separate_object_with_booleans()
    {
        using var output = new MemoryStream();
        var renderer = new JsonRenderer(output, new EncodeOptions { Host = "h" });
        ExitSample exit = new() { TimestampNs = At };
        exit.Readings.Set(Reading.ExitCpuUsageNs, 5);
        exit.Readings.Set(Reading.ExitFinal, 1);
        exit.Readings.Set(Reading.ExitReason, (long)ExitReason.Signal);
        renderer.AcceptExit(Web(), exit);
        renderer.AcceptOom(Web(), new OomSample { TimestampNs = At });
        renderer.Flush(isEnd: false);
        string[] lines = Encoding.UTF8.GetString(output.ToArray()).TrimEnd('\n').Split('\n');
        JsonElement first = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal("web", first.GetProperty("container").GetString());
        Assert.Equal(At, first.GetProperty("timestamp_ns").GetInt64());
        Assert.Equal(5, first.GetProperty("container_exit").GetProperty("cpu_usage_ns").GetInt64());
        Assert.True(first.GetProperty("container_exit").GetProperty("final").GetBoolean());
        Assert.Equal("signal", first.GetProperty("container_exit").GetProperty("exit_reason").GetString());
        Assert.False(first.GetProperty("container_exit").TryGetProperty("network_final", out _));
        Assert.Equal(2, lines.Length);
    }

    private List<Point> Points()
    {
        _encoder.Flush();
        return StrictParser.ParseAll(_collected.All);
    }

    private static Container Web() =>
        new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web", "nginx"), "/docker/a", null);

    private sealed class Receiver(Action<Batch> seen) : IBatchReceiver
    {
        public void Publish(Batch batch)
        {
            seen(batch);
            batch.Release();
        }
    }
}
