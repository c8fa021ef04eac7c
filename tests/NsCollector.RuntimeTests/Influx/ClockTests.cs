using System.Globalization;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>Delivery depends on elapsed time, not on the wall clock. libfaketime sets the agent's clock.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class ClockTests(InfluxServer server, Workload workload)
{
    [RequiresFact("influxd", "faketime")]
    public void Clock_set_back_an_hour_and_forward_loses_no_points()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using InfluxAgent agent = Agent(proxy, database, out Action<TimeSpan> set);
        agent.Start().Collect(3);
        set(TimeSpan.FromHours(-1));
        agent.Until(() => agent.Points()[^1].TimestampNs < InfluxAgent.NowNs - 3_000_000_000_000, "points of an hour ago");
        agent.Collect(3);
        // Set it once more while the server is down: waiting files must neither expire nor be delayed by an hour.
        proxy.Always(Fault.Answer("503 Service Unavailable", "Retry-After: 1\r\n"));
        agent.Collect(3);
        set(TimeSpan.FromHours(-2));
        agent.Collect(5);
        set(TimeSpan.Zero);
        agent.Collect(3);
        proxy.Always(Fault.None);
        agent.CatchUp().Collect(3).Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(proxy.SentAgain);
        Assert.Equal(0, agent.SinkField("dropped_points"));
    }

    [RequiresFact("influxd", "faketime")]
    public void Points_beyond_retention_are_counted_and_not_sent_again()
    {
        string database = server.CreateDatabase("WITH DURATION 1h");
        using var proxy = new FaultProxy(server.Port);
        using InfluxAgent agent = Agent(proxy, database, out Action<TimeSpan> set);
        set(TimeSpan.FromHours(-3));
        agent.Start().Collect(4);
        set(TimeSpan.Zero);
        agent.Until(() => agent.Points()[^1].TimestampNs > InfluxAgent.NowNs - 60_000_000_000, "points of now");
        agent.Collect(4).CatchUp().Collect(2).Stop();

        long limit = InfluxAgent.NowNs - 3_600_000_000_000;
        List<Point> collected = agent.Points();
        Point[] old = [.. collected.Where(point => point.TimestampNs < limit)];
        Assert.NotEmpty(old);
        PointComparison.AssertStored([.. collected.Where(point => point.TimestampNs >= limit)], server.Points(database));
        Assert.Equal(old.Length, agent.SinkField("expired_points"));
        Assert.Equal(0, agent.SinkField("dropped_points"));
        Assert.Equal(0, agent.SinkField("refused_points"));
        Assert.Empty(agent.Refused());
        Assert.All(proxy.Sent, sent => Assert.True(sent.Value == 1, $"sent {sent.Value} times: {sent.Key}"));
    }

    private InfluxAgent Agent(FaultProxy proxy, string database, out Action<TimeSpan> set)
    {
        // The library's path depends on the machine; the program knows it.
        string library = Command.Run("faketime", "now", "printenv", "LD_PRELOAD").Split(':')[^1];
        var agent = new InfluxAgent(workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}");
        string clock = Path.Combine(agent.Scratch, "clock");
        File.WriteAllText(clock, "+0\n");
        agent.Environment =
        [
            $"LD_PRELOAD={library}", $"FAKETIME_TIMESTAMP_FILE={clock}", "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
            // Its workaround for an old C library would end every timed wait at once.
            "FAKETIME_FORCE_MONOTONIC_FIX=0",
        ];
        set = offset =>
        {
            // Replaced by renaming, because a half-written file would be another time.
            File.WriteAllText(clock + ".new", string.Create(CultureInfo.InvariantCulture, $"{(offset < TimeSpan.Zero ? "-" : "+")}{Math.Abs(offset.TotalSeconds):0}\n"));
            File.Move(clock + ".new", clock, overwrite: true);
        };
        return agent;
    }
}
