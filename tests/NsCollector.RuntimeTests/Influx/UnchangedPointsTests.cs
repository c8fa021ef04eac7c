using System.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.LineProtocol;
using NsCollector.Sample;
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
            encoder.BeginCycle(list);
            foreach (Container container in present)
            {
                long work = container.Key switch { 1 => cycle, 2 => 7, 3 => cycle / 50, _ => 3 + (cycle / 70) };
                sample.Clear();
                sample.TimestampNs = Start + cycle * IntervalSeconds * Second + container.Key * 1000;
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
