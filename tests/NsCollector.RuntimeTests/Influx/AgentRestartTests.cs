
namespace NsCollector.RuntimeTests.Influx;

/// <summary>However the agent ends, the next start sends what is in its spool.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class AgentRestartTests(Workload workload)
{
    private const int Kills = 20;

    [RequiresFact("influxd")]
    public void Agent_killed_20_times_loses_no_durable_points()
    {
        using var server = new InfluxServer();
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using var agent = new InfluxAgent(workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}");
        var random = new Random(7);
        var durable = new Dictionary<string, Point>();
        var runs = new List<List<Point>>();
        for (int run = 0; run < Kills; run++)
        {
            // One third of the runs has a server, one third has none, one third has a server that cuts some responses.
            if (run == 7)
                server.Stop();
            if (run == 14)
                server.Start();
            if (run >= 14)
                proxy.Next(1, new Fault(FaultKind.CutAnswer));
            agent.NewFile();
            agent.Start();
            // The first runs are killed before they have collected anything, or while they read the spool of the run before.
            int cycles = random.Next(run < 3 ? 1 : 6);
            agent.Until(() => agent.Cycles >= cycles, $"{cycles} cycles");
            Thread.Sleep(random.Next(100));
            agent.Kill();
            foreach (Point point in agent.SpooledPoints())
                durable[PointComparison.Key(point)] = point;
            runs.Add(agent.PointsOfFile());
        }

        // Temporary files of runs that were killed before their first write.
        proxy.ClearFaults();
        agent.NewFile();
        agent.Start().CatchUp().Collect(3).Stop();
        runs.Add(agent.PointsOfFile());

        List<Point> stored = server.Points(database);
        Assert.True(durable.Count > 200, $"only {durable.Count} points were in the spool at the kills");
        PointComparison.AssertNoneMissing([.. durable.Values], stored);
        PointComparison.AssertNoneMissing(runs[^1], stored);

        // Cycles count from 1 in each run. Of those in the run's file all but the last two were durable.
        int longest = 0;
        var kept = stored.Where(point => InfluxAgent.Cycle(point) is not null).ToLookup(RunOf);
        for (int run = 0; run < runs.Count; run++)
        {
            long collected = runs[run].Max(InfluxAgent.Cycle) ?? 0;
            long[] cycles = [.. kept[run].Select(point => InfluxAgent.Cycle(point)!.Value).Order()];
            Assert.Equal(Enumerable.Range(1, cycles.Length).Select(cycle => (long)cycle), cycles);
            Assert.True(cycles.Length >= collected - 2, $"run {run} collected {collected} cycles, of which {cycles.Length} are stored");
            longest = Math.Max(longest, cycles.Length);
        }

        Assert.True(longest >= 4, "no run lived long enough to show anything");

        // By time: a point belongs to the last run that began before it.
        int RunOf(Point point)
        {
            int of = 0;
            for (int run = 0; run < runs.Count; run++)
            {
                if (runs[run].Count > 0 && runs[run].Min(first => first.TimestampNs) <= point.TimestampNs)
                    of = run;
            }

            return of;
        }
    }

    [RequiresFact("influxd")]
    public void Agent_stopped_while_the_server_is_down_sends_all_after_restart()
    {
        using var server = new InfluxServer();
        string database = server.CreateDatabase();
        server.Stop();
        using var agent = new InfluxAgent(workload, $"influx:main:url={server.Url}", $"influx:main:database={database}");
        agent.Start().Collect(5).Stop(leaves: true);
        List<Point> spooled = agent.SpooledPoints();
        // Every point of the file is in the spool.
        PointComparison.AssertStored(agent.Points(), spooled);
        server.Start();
        agent.Start().Collect(3).CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
    }

    [RequiresFact("influxd")]
    public void Agent_stops_in_time_while_the_server_hangs_and_loses_no_points()
    {
        using var server = new InfluxServer();
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        proxy.Always(new Fault(FaultKind.Silence));
        using var agent = new InfluxAgent(workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}", "influx:main:timeout=1h", "agent:stop_timeout=8s");
        agent.Start().Collect(5).Stop(leaves: true);
        proxy.Always(Fault.None);
        agent.Start().Collect(3).CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
    }
}
