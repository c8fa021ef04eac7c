
namespace NsCollector.RuntimeTests.Influx;

/// <summary>The measurement <c>nscollector</c> and the log report the state of each sink.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class SinkStateTests(InfluxServer server, Workload workload)
{
    [RequiresFact("influxd")]
    public void Sink_state_is_reported_while_down_and_after_recovery()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using var agent = new InfluxAgent(workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}");
        agent.Start();
        agent.Until(() => agent.SinkField("up") == 1 && agent.SinkField("sent_points") > 0 && agent.SinkField("queued_files") <= 2, "the sink is up and keeps up");
        Assert.Equal(0, agent.SinkField("down_ns"));
        Assert.Equal(0, agent.SinkField("errors"));
        Assert.Equal(0, agent.SinkField("retries"));

        proxy.Always(Fault.Answer("503 Service Unavailable"));
        agent.Until(() => agent.State!.Has("up") && agent.SinkField("up") == 0 && agent.SinkField("queued_files") >= 5, "the sink is down and files are waiting");
        Point first = agent.State!;
        agent.Collect(5).Until(() => agent.SinkField("queued_files") > first.Integer("queued_files"), "more files are waiting");
        Point second = agent.State!;
        foreach (string field in new[] { "down_ns", "queued_bytes", "queued_age_ns", "queued_files" })
            Assert.True(second.Integer(field) > first.Integer(field), $"{field}: {first.Integer(field)}, then {second.Integer(field)}");
        Assert.True(second.Integer("retries") > 0);
        Assert.True(second.Integer("errors") > 0);
        // Not before the outage, and not older than the oldest waiting point.
        Assert.InRange(second.Integer("down_ns"), 1, second.TimestampNs - agent.Points()[0].TimestampNs);
        Assert.InRange(second.Integer("queued_age_ns"), 800_000_000, second.TimestampNs - agent.Points()[0].TimestampNs);
        Assert.Contains("503", agent.Log, StringComparison.Ordinal);

        proxy.Always(Fault.None);
        agent.Until(() => agent.SinkField("up") == 1 && agent.SinkField("queued_files") <= 1, "the sink is up again");
        agent.Collect(1);
        Assert.Equal(0, agent.SinkField("down_ns"));
        agent.CatchUp().Stop();
        List<Point> collected = agent.Points();
        PointComparison.AssertStored(collected, server.Points(database));
        Point last = agent.State!;
        foreach (string field in new[] { "dropped_points", "refused_points", "expired_points" })
            Assert.Equal(0, last.Integer(field));
        // The points sent are those collected by then, except those in flight.
        long before = collected.Count(point => point.TimestampNs < last.TimestampNs);
        Assert.InRange(last.Integer("sent_points"), before / 2, before);
        // The log reports an outage and its end once, not every retry.
        Assert.InRange(agent.Log.Split('\n').Count(line => line.Contains("503", StringComparison.Ordinal)), 1, 3);
    }
}
