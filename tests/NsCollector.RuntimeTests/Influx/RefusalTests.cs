
namespace NsCollector.RuntimeTests.Influx;

/// <summary>Lines that a server rejects are kept with the reason, and all others are stored once.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class RefusalTests(InfluxServer server, Workload workload)
{
    [RequiresFact("influxd")]
    public void Field_type_conflict_rejects_only_its_lines_and_keeps_the_reason()
    {
        string database = server.CreateDatabase();
        // The shard of a week holds the field types, so they stay the same during the test.
        server.Write(database, $"container_pids current=\"text\" {InfluxAgent.NowNs}\n");
        using var proxy = new FaultProxy(server.Port);
        using var agent = Agent(proxy, database);
        agent.Start().Collect(5).CatchUp().Stop();

        List<Point> collected = agent.Points(), stored = server.Points(database);
        List<Point> refused = StrictParser.ParseAll(string.Concat(agent.Refused().Select(pair => pair.Line + "\n")));
        PointComparison.AssertStored([.. collected.Where(point => point.Measurement != "container_pids")], [.. stored.Where(point => point.Measurement != "container_pids")]);
        PointComparison.AssertStored([.. collected.Where(point => point.Measurement == "container_pids")], refused);
        Assert.All(agent.Refused(), pair => Assert.Contains("field type conflict", pair.Reason, StringComparison.Ordinal));
        AssertEachSentOnce(proxy, collected.Count);
        Assert.Equal(0, agent.SinkField("dropped_points"));
        Assert.True(agent.SinkField("refused_points") > 0);
    }

    [RequiresFact("influxd")]
    public void Two_field_type_conflicts_reject_only_their_lines()
    {
        string database = server.CreateDatabase();
        // The server names only one of them.
        server.Write(database, $"container_pids current=\"text\" {InfluxAgent.NowNs}\ncontainer_memory usage_bytes=0.5 {InfluxAgent.NowNs}\n");
        using var proxy = new FaultProxy(server.Port);
        using var agent = Agent(proxy, database);
        agent.Start().Collect(5).CatchUp().Stop();

        static bool IsBad(Point point) => point.Measurement is "container_pids" or "container_memory";
        List<Point> collected = agent.Points();
        List<Point> refused = StrictParser.ParseAll(string.Concat(agent.Refused().Select(pair => pair.Line + "\n")));
        PointComparison.AssertStored([.. collected.Where(point => !IsBad(point))], [.. server.Points(database).Where(point => !IsBad(point))]);
        Assert.Empty(PointComparison.Missing(refused, collected));
        Assert.All(refused, point => Assert.True(IsBad(point), PointComparison.Text(point)));
        AssertEachSentOnce(proxy, collected.Count);
        // The server gave only a count for some lines, and the file says so.
        Assert.Contains(" points were refused, but the server did not say which: ", File.ReadAllText(agent.RefusedFile), StringComparison.Ordinal);
        long cycles = collected.Count(point => InfluxAgent.Cycle(point) is not null), refusedPoints = agent.SinkField("refused_points");
        Assert.InRange(refusedPoints, 2 * Workload.Count * (cycles - 3), 2 * Workload.Count * cycles);
    }

    [RequiresFact("influxd")]
    public void Points_wait_until_an_unknown_database_is_created()
    {
        string database = server.UnusedName();
        using var proxy = new FaultProxy(server.Port);
        using var agent = Agent(proxy, database);
        agent.Start().Collect(5);
        agent.Until(() => agent.Log.Contains("not found", StringComparison.Ordinal), "the missing database is reported");
        Assert.DoesNotContain(database, server.Databases());
        server.CreateDatabaseNamed(database);
        agent.Until(() => server.NewestNs(database) > 0, "points are stored");
        agent.CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(proxy.SentAgain);
        Assert.Equal(0, agent.SinkField("dropped_points"));
    }

    [RequiresFact("influxd")]
    public void Unknown_retention_policy_with_status_500_loses_no_points()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using var agent = Agent(proxy, database, "influx:main:retention_policy=a policy");
        agent.Start().Collect(5);
        agent.Until(() => agent.Log.Contains("retention policy not found", StringComparison.Ordinal), "the missing policy is reported");
        server.Query(database, $"CREATE RETENTION POLICY \"a policy\" ON \"{database}\" DURATION INF REPLICATION 1 DEFAULT");
        agent.Until(() => server.NewestNs(database) > 0, "points are stored");
        agent.CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
    }

    [RequiresTheory("influxd")]
    [InlineData("on")]
    [InlineData("off")]
    public void Server_with_a_small_body_limit_gets_small_bodies(string expectContinue)
    {
        using var small = new InfluxServer(authentication: false, maxBodyBytes: 1500);
        string database = small.CreateDatabase();
        using var agent = new InfluxAgent(
            workload, $"influx:main:url={small.Url}", $"influx:main:database={database}", $"influx:main:expect_continue={expectContinue}",
            // Many requests, so do not depend on speed.
            "agent:interval=1s");
        agent.Start().Collect(4).CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), small.Points(database));
        Assert.Empty(agent.Refused());
        Assert.Equal(0, agent.SinkField("dropped_points"));
    }

    [RequiresTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_bad_line_of_a_rejected_batch_is_isolated(bool names)
    {
        static bool IsBad(string line) => line.StartsWith("container_pids,", StringComparison.Ordinal) && line.Contains("plain", StringComparison.Ordinal);
        using var whole = new WholeBatchServer(IsBad, names);
        using var agent = new InfluxAgent(workload);
        agent.Configure(
            $"influx:main:url={whole.Url}", "influx:main:version=2", "influx:main:org=o", "influx:main:bucket=b",
            $"influx:main:token_file={EndToEndTests.Secret(agent, "t0ken")}");
        agent.Start().Collect(5).CatchUp().Stop();

        string[] lines = agent.Lines().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] bad = [.. lines.Where(IsBad)];
        Assert.True(bad.Length >= 5, "the workload has too few bad lines");
        PointComparison.AssertStored(StrictParser.ParseAll(string.Concat(lines.Except(bad).Select(line => line + "\n"))), whole.Points());
        Assert.Equal(bad.Order(StringComparer.Ordinal), agent.Refused().Select(pair => pair.Line).Order(StringComparer.Ordinal));
        Assert.All(agent.Refused(), pair => Assert.Contains("unable to parse", pair.Reason, StringComparison.Ordinal));
        // With n lines in a batch, halving sends a bad line about log2(n) times, and never after it was rejected alone.
        Assert.All(whole.Refusals().Values, count => Assert.InRange(count, 1, 16));
    }

    [RequiresFact("influxd")]
    public void Server_that_rejects_every_line_loses_no_points()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        proxy.Always(Fault.Answer("400 Bad Request", body: "no"));
        using var agent = Agent(proxy, database);
        agent.Start().Collect(8);
        agent.Until(() => proxy.Faults > 20, "many refusals");
        Assert.Empty(agent.Refused());
        proxy.Always(Fault.None);
        agent.Until(() => server.NewestNs(database) > 0, "points are stored");
        agent.CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(proxy.SentAgain);
    }

    private InfluxAgent Agent(FaultProxy proxy, string database, params string[] more) =>
        new(workload, [$"influx:main:url={proxy.Url}", $"influx:main:database={database}", .. more]);

    // Like 204, the 400 says that the rest is stored, so no line is sent twice.
    private static void AssertEachSentOnce(FaultProxy proxy, int lines)
    {
        Assert.Equal(lines, proxy.Sent.Count);
        Assert.All(proxy.Sent, sent => Assert.True(sent.Value == 1, $"sent {sent.Value} times: {sent.Key}"));
    }
}
