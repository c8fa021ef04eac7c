
namespace NsCollector.RuntimeTests.Influx;

/// <summary>The measurement <c>nscollector</c> and the log tell how each sink is.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class SinkStateTests(InfluxServer server, Workload workload)
{
    [RequiresFact("influxd")]
    public void Sink_state_is_reported_while_down_and_after_recovery()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        using var agent = new InfluxAgent(workload, $"influx:main:url={front.Url}", $"influx:main:database={database}");
        agent.Start();
        agent.Until(() => agent.Told("up") == 1 && agent.Told("sent_points") > 0 && agent.Told("queued_files") <= 2, "the sink to be up and to keep up");
        Assert.Equal(0, agent.Told("down_ns"));
        Assert.Equal(0, agent.Told("errors"));
        Assert.Equal(0, agent.Told("retries"));

        front.Always(Fault.Answer("503 Service Unavailable"));
        agent.Until(() => agent.State!.Has("up") && agent.Told("up") == 0 && agent.Told("queued_files") >= 5, "the sink to be down with files waiting");
        Point first = agent.State!;
        agent.Collect(5).Until(() => agent.Told("queued_files") > first.Integer("queued_files"), "more files to wait");
        Point second = agent.State!;
        foreach (string field in new[] { "down_ns", "queued_bytes", "queued_age_ns", "queued_files" })
            Assert.True(second.Integer(field) > first.Integer(field), $"{field}: {first.Integer(field)}, then {second.Integer(field)}");
        Assert.True(second.Integer("retries") > 0);
        Assert.True(second.Integer("errors") > 0);
        // No earlier than the outage and no older than the oldest point that waits.
        Assert.InRange(second.Integer("down_ns"), 1, second.TimestampNs - agent.Points()[0].TimestampNs);
        Assert.InRange(second.Integer("queued_age_ns"), 800_000_000, second.TimestampNs - agent.Points()[0].TimestampNs);
        Assert.Contains("503", agent.Log, StringComparison.Ordinal);

        front.Always(Fault.None);
        agent.Until(() => agent.Told("up") == 1 && agent.Told("queued_files") <= 1, "the sink to be up again");
        agent.Collect(1);
        Assert.Equal(0, agent.Told("down_ns"));
        agent.CatchUp().Stop();
        List<Point> collected = agent.Points();
        Collected.AssertStored(collected, server.Points(database));
        Point last = agent.State!;
        foreach (string field in new[] { "dropped_points", "refused_points", "expired_points" })
            Assert.Equal(0, last.Integer(field));
        // What it had sent when it told so is what had been collected by then, but for what was under way.
        long before = collected.Count(point => point.TimestampNs < last.TimestampNs);
        Assert.InRange(last.Integer("sent_points"), before / 2, before);
        // The log tells an outage once, and its end, not every try.
        Assert.InRange(agent.Log.Split('\n').Count(line => line.Contains("503", StringComparison.Ordinal)), 1, 3);
    }
}
