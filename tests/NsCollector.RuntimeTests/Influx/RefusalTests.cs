
namespace NsCollector.RuntimeTests.Influx;

/// <summary>What a server refuses for good is kept with its reason, and everything else is stored, once.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class RefusalTests(InfluxServer server, Workload workload)
{
    [RequiresFact("influxd")]
    public void Field_type_conflict_rejects_only_its_lines_and_keeps_the_reason()
    {
        string database = server.CreateDatabase();
        // Types are held by the shard, which is the week's, so now does for the test's time.
        server.Write(database, $"container_pids current=\"text\" {InfluxAgent.NowNs}\n");
        using var front = new FaultyFront(server.Port);
        using var agent = Agent(front, database);
        agent.Start().Collect(5).CatchUp().Stop();

        List<Point> collected = agent.Points(), stored = server.Points(database);
        List<Point> refused = StrictParser.ParseAll(string.Concat(agent.Refused().Select(pair => pair.Line + "\n")));
        Collected.AssertStored([.. collected.Where(point => point.Measurement != "container_pids")], [.. stored.Where(point => point.Measurement != "container_pids")]);
        Collected.AssertStored([.. collected.Where(point => point.Measurement == "container_pids")], refused);
        Assert.All(agent.Refused(), pair => Assert.Contains("field type conflict", pair.Reason, StringComparison.Ordinal));
        AssertEachSentOnce(front, collected.Count);
        Assert.Equal(0, agent.Told("dropped_points"));
        Assert.True(agent.Told("refused_points") > 0);
    }

    [RequiresFact("influxd")]
    public void Two_field_type_conflicts_reject_only_their_lines()
    {
        string database = server.CreateDatabase();
        // The server tells of only one of them.
        server.Write(database, $"container_pids current=\"text\" {InfluxAgent.NowNs}\ncontainer_memory usage_bytes=0.5 {InfluxAgent.NowNs}\n");
        using var front = new FaultyFront(server.Port);
        using var agent = Agent(front, database);
        agent.Start().Collect(5).CatchUp().Stop();

        static bool IsBad(Point point) => point.Measurement is "container_pids" or "container_memory";
        List<Point> collected = agent.Points();
        List<Point> refused = StrictParser.ParseAll(string.Concat(agent.Refused().Select(pair => pair.Line + "\n")));
        Collected.AssertStored([.. collected.Where(point => !IsBad(point))], [.. server.Points(database).Where(point => !IsBad(point))]);
        Assert.Empty(Collected.Missing(refused, collected));
        Assert.All(refused, point => Assert.True(IsBad(point), Collected.Text(point)));
        AssertEachSentOnce(front, collected.Count);
        // What the server did not tell by line it told by number, and the file says so.
        Assert.Contains(" points were refused without being named: ", File.ReadAllText(agent.RefusedFile), StringComparison.Ordinal);
        long cycles = collected.Count(point => InfluxAgent.Cycle(point) is not null), told = agent.Told("refused_points");
        Assert.InRange(told, 2 * Workload.Count * (cycles - 3), 2 * Workload.Count * cycles);
    }

    [RequiresFact("influxd")]
    public void Points_wait_until_an_unknown_database_is_created()
    {
        string database = server.UnusedName();
        using var front = new FaultyFront(server.Port);
        using var agent = Agent(front, database);
        agent.Start().Collect(5);
        agent.Until(() => agent.Log.Contains("not found", StringComparison.Ordinal), "the missing database to be told");
        Assert.DoesNotContain(database, server.Databases());
        server.CreateDatabaseNamed(database);
        agent.Until(() => server.NewestNs(database) > 0, "points to be stored");
        agent.CatchUp().Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(front.SentAgain);
        Assert.Equal(0, agent.Told("dropped_points"));
    }

    [RequiresFact("influxd")]
    public void Unknown_retention_policy_with_status_500_loses_no_points()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        using var agent = Agent(front, database, "influx:main:retention_policy=a policy");
        agent.Start().Collect(5);
        agent.Until(() => agent.Log.Contains("retention policy not found", StringComparison.Ordinal), "the missing policy to be told");
        server.Ask(database, $"CREATE RETENTION POLICY \"a policy\" ON \"{database}\" DURATION INF REPLICATION 1 DEFAULT");
        agent.Until(() => server.NewestNs(database) > 0, "points to be stored");
        agent.CatchUp().Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
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
            // So many requests are to be no question of speed.
            "agent:interval=1s");
        agent.Start().Collect(4).CatchUp().Stop();
        Collected.AssertStored(agent.Points(), small.Points(database));
        Assert.Empty(agent.Refused());
        Assert.Equal(0, agent.Told("dropped_points"));
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
        Assert.True(bad.Length >= 5, "the workload has no bad line");
        Collected.AssertStored(StrictParser.ParseAll(string.Concat(lines.Except(bad).Select(line => line + "\n"))), whole.Points());
        Assert.Equal(bad.Order(StringComparer.Ordinal), agent.Refused().Select(pair => pair.Line).Order(StringComparer.Ordinal));
        Assert.All(agent.Refused(), pair => Assert.Contains("unable to parse", pair.Reason, StringComparison.Ordinal));
        // With n lines in a batch, halving meets a bad one about log2(n) times, and never after it was given up.
        Assert.All(whole.Refusals().Values, count => Assert.InRange(count, 1, 16));
    }

    [RequiresFact("influxd")]
    public void Server_that_rejects_every_line_loses_no_points()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        front.Always(Fault.Answer("400 Bad Request", body: "no"));
        using var agent = Agent(front, database);
        agent.Start().Collect(8);
        agent.Until(() => front.Faults > 20, "many refusals");
        Assert.Empty(agent.Refused());
        front.Always(Fault.None);
        agent.Until(() => server.NewestNs(database) > 0, "points to be stored");
        agent.CatchUp().Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(front.SentAgain);
    }

    private InfluxAgent Agent(FaultyFront front, string database, params string[] more) =>
        new(workload, [$"influx:main:url={front.Url}", $"influx:main:database={database}", .. more]);

    // 400 says no less than 204 that the rest is stored.
    private static void AssertEachSentOnce(FaultyFront front, int lines)
    {
        Assert.Equal(lines, front.Sent.Count);
        Assert.All(front.Sent, sent => Assert.True(sent.Value == 1, $"sent {sent.Value} times: {sent.Key}"));
    }
}
