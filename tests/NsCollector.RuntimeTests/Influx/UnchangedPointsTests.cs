using System.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.LineProtocol;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>Queries give the same answers over points with and without agent.suppress_unchanged.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class UnchangedPointsTests(InfluxServer server)
{
    private const long Second = 1_000_000_000;

    // A multiple of the bucket of the queries.
    private const long Start = 1_700_000_000 * Second;
    private const int Cycles = 180, IntervalSeconds = 10, HeartbeatSeconds = 300;

    [RequiresFact("influxd")]
    public void Queries_over_changes_only_give_the_same_answers()
    {
        string all = server.CreateDatabase(), changes = server.CreateDatabase();
        server.Write(all, Lines(0));
        string lines = Lines(HeartbeatSeconds);
        server.Write(changes, lines);
        Assert.InRange(lines.Length, 1, Lines(0).Length / 3);
        AssertSameLives(all, changes);
        (string Fields, string Measurement)[] selections =
        [
            ("last(usage_bytes)", "container_memory"),
            ("last(usage_ns)", "container_cpu"),
            ("non_negative_derivative(last(usage_ns), 1s)", "container_cpu"),
            ("non_negative_derivative(last(rx_bytes), 1s)", "container_network"),
            ("max(usage_percent)", "container_cpu"),
        ];

        // From the first point on; from the middle of a gap; of a time in which nothing changes.
        foreach ((int From, int To) range in ((int, int)[])[(0, Cycles), (47, 90), (66, 80)])
        {
            foreach ((string fields, string measurement) in selections)
            {
                long from = Start + range.From * IntervalSeconds * Second, to = Start + range.To * IntervalSeconds * Second;

                // The last point before the range is at most one suppress_unchanged old.
                string query = $"SELECT {fields} FROM {measurement} WHERE time >= {from - HeartbeatSeconds * Second} AND time < {to} GROUP BY time({IntervalSeconds}s), container fill(previous)";
                Dictionary<string, string> expected = Answer(all, query, from), actual = Answer(changes, query, from);
                Assert.True(expected.Count > 100 || range.To - range.From < 40, $"only {expected.Count} values");
                Assert.Equal(expected, actual);
            }
        }

        // Each rate between two raw points is the rate between two samples.
        Dictionary<string, string> rates = Answer(all, "SELECT non_negative_derivative(usage_ns, 1s) FROM container_cpu GROUP BY container", 0);
        Dictionary<string, string> left = Answer(changes, "SELECT non_negative_derivative(usage_ns, 1s) FROM container_cpu GROUP BY container", 0);
        Assert.True(left.Count > Cycles);
        Assert.All(left, rate => Assert.Equal(rates[rate.Key], rate.Value));
    }

    /// <summary>Container 4 ended in cycle 60, with an exit, 5 began in cycle 95, 6 was away from cycle 40 to 120.</summary>
    private void AssertSameLives(string all, string changes)
    {
        // When each began and ended: InfluxDB gives the time of the point that it selects.
        foreach (string field in (string[])["first(usage_bytes)", "last(usage_bytes)", "first(uptime_ns)", "last(uptime_ns)"])
        {
            string query = $"SELECT {field} FROM {(field.Contains("uptime") ? "container_info" : "container_memory")} GROUP BY container";
            Dictionary<string, string> lives = Answer(all, query, 0);
            Assert.Equal(6, lives.Count);
            Assert.Contains(lives.Keys, key => key == (field.StartsWith("first") ? $"c5 {TimeNs(95, 5)}" : $"c4 {TimeNs(59, 4)}"));
            Assert.Equal(lives, Answer(changes, query, 0));
        }

        Dictionary<string, string> exits = Answer(all, "SELECT cpu_usage_ns FROM container_exit GROUP BY container", 0);
        Assert.Equal($"c4 {ExitNs}", Assert.Single(exits).Key);
        Assert.Equal(exits, Answer(changes, "SELECT cpu_usage_ns FROM container_exit GROUP BY container", 0));

        // Which containers there were in a time of one suppress_unchanged: one that ended before has no point in it, and one that
        // sleeps has one.
        foreach ((int cycle, string[] alive) in ((int, string[])[])[(30, ["c1", "c2", "c3", "c4", "c6"]), (92, ["c1", "c2", "c3"]), (121, ["c1", "c2", "c3", "c5", "c6"])])
        {
            string query = $"SELECT last(usage_bytes) FROM container_memory WHERE time > {TimeNs(cycle, 6) - HeartbeatSeconds * Second} AND time <= {TimeNs(cycle, 6)} GROUP BY container";
            Assert.Equal(alive, Names(all, query));
            Assert.Equal(alive, Names(changes, query));
        }

        // Neither has a point after a container's end, so a sum without fill(previous) must not count it.
        string after = $"SELECT count(usage_bytes) FROM container_memory WHERE container = 'c4' AND time > {TimeNs(59, 4)}";
        Assert.Empty(server.Query(all, after));
        Assert.Empty(server.Query(changes, after));
    }

    private string[] Names(string database, string query) => [.. server.Query(database, query).Select(series => series.Tags["container"]).Order()];

    private static long TimeNs(int cycle, int container) => Start + cycle * IntervalSeconds * Second + container * 1000;

    private static long ExitNs => TimeNs(59, 4) + 4 * Second;

    private Dictionary<string, string> Answer(string database, string query, long fromNs) => server.Query(database, query)
        .SelectMany(series => series.Rows.Where(row => row[0].GetInt64() >= fromNs && row[1].ValueKind != JsonValueKind.Null)
            .Select(row => (Key: $"{series.Tags["container"]} {row[0]}", Value: row[1].GetRawText())))
        .ToDictionary(row => row.Key, row => row.Value);

    /// <summary>Six containers: one works always, one never, one at times; one ends, one begins late, one comes back.</summary>
    private static string Lines(int suppressSeconds)
    {
        var text = new CollectedText();
        var encoder = new LineProtocolEncoder(
            new EncodeOptions { Host = "h", SuppressUnchanged = TimeSpan.FromSeconds(suppressSeconds) }, new BatchPool(1 << 20), text, new AgentCounters());
        Container[] containers = [.. Enumerable.Range(1, 6).Select(key => new Container(key, new ContainerIdentity(ContainerRuntime.Docker, $"{key:d64}", $"c{key}"), $"/docker/{key}", null))];
        ContainerSample sample = new();
        ContainerList? list = null;
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            Container[] present = [.. containers.Where(container => container.Key switch { 4 => cycle < 60, 5 => cycle >= 95, 6 => cycle is < 40 or >= 120, _ => true })];
            if (list is null || list.Containers.Length != present.Length) list = new ContainerList(cycle + 1, [.. present]);
            if (cycle == 60) encoder.AcceptExit(containers[3], Exit());
            encoder.BeginCycle(list);
            foreach (Container container in present)
            {
                long work = container.Key switch { 1 => cycle, 2 => 7, 3 => cycle / 50, _ => 3 + (cycle / 70) };
                sample.Clear();
                sample.TimestampNs = TimeNs(cycle, (int)container.Key);
                sample.Scalars.Set(Reading.InfoUptimeNs, cycle);
                sample.Scalars.Set(Reading.CpuUsageNs, work * 1_000_000);
                sample.Scalars.SetDouble(Reading.CpuUsagePercent, container.Key == 1 ? cycle % 7 : 0);
                sample.Scalars.Set(Reading.MemoryUsageBytes, 4096 * work);
                sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 100 * work);
                encoder.Accept(container, sample);
            }

            encoder.EndCycle(default);
        }

        encoder.EndRun();
        encoder.EndCycle(default);
        return text.ToString();
    }

    private static ExitSample Exit()
    {
        ExitSample exit = new() { TimestampNs = ExitNs };
        exit.Readings.Set(Reading.ExitCpuUsageNs, 3_100_000);
        return exit;
    }

    private sealed class CollectedText : IBatchReceiver
    {
        private readonly StringBuilder _text = new();

        public void Publish(Batch batch)
        {
            _text.Append(Encoding.UTF8.GetString(batch.Buffer, 0, batch.Length));
            batch.Release();
        }

        public override string ToString() => _text.ToString();
    }
}
