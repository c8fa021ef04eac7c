namespace NsCollector.RuntimeTests.Influx;

/// <summary>Servers that stop and come back, or reject and later accept. These tests stop and kill their own servers.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class ServerOutageTests(Workload workload)
{
    [RequiresFact("influxd")]
    public void Server_stopped_for_many_cycles_gets_all_points()
    {
        using var server = new InfluxServer();
        string database = server.CreateDatabase();
        using InfluxAgent agent = Agent(server, database).Start().Collect(3);
        server.Stop();
        agent.Collect(15).Until(() => agent.SpoolFiles().Count >= 10, "collected lines wait in the spool");
        server.Start();
        agent.CatchUp().Collect(3).Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Equal(0, agent.SinkField("dropped_points"));
    }

    [RequiresFact("influxd")]
    public void Server_started_after_the_agent_gets_all_points()
    {
        using var server = new InfluxServer();
        string database = server.CreateDatabase();
        server.Stop();
        using InfluxAgent agent = Agent(server, database).Start().Collect(5);
        server.Start();
        agent.CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
    }

    [RequiresFact("influxd")]
    public void Server_killed_repeatedly_during_writes_gets_all_points()
    {
        using var server = new InfluxServer();
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using var agent = new InfluxAgent(workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}");
        agent.Start();
        var random = new Random(5);
        for (int i = 0; i < 5; i++)
        {
            agent.Collect(3);
            Thread.Sleep(random.Next(100));
            server.Kill();
            agent.Collect(random.Next(5));
            server.Start();
        }

        agent.CatchUp().Collect(3).Stop();
        Assert.True(agent.Lines().Split('\n', StringSplitOptions.RemoveEmptyEntries).All(proxy.IsAcknowledged), "not all lines were acknowledged");
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Equal(0, agent.SinkField("dropped_points"));
    }

    [RequiresFact("influxd")]
    public void Password_corrected_while_running_delivers_all_points()
    {
        using var server = new InfluxServer(authentication: true);
        string database = server.CreateDatabase();
        using var agent = new InfluxAgent(workload);
        string secret = EndToEndTests.Secret(agent, "not the p4ssword");
        agent.Configure(
            $"influx:main:url={server.Url}", $"influx:main:database={database}", $"influx:main:user={InfluxServer.Administrator}", $"influx:main:password_file={secret}");
        agent.Start().Until(
            () => agent.State is not null && agent.SinkField("errors_unauthorized") > 0 && agent.Log.Contains("password_file", StringComparison.Ordinal), "the rejection is reported");
        Assert.Empty(server.Points(database));
        Assert.DoesNotContain("p4ssword", agent.Log, StringComparison.Ordinal);
        EndToEndTests.Secret(agent, InfluxServer.Password);
        agent.Until(() => server.NewestNs(database) > 0, "points are stored");
        agent.CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.DoesNotContain(InfluxServer.Password, agent.Log, StringComparison.Ordinal);
    }

    [RequiresFact("influxd")]
    public void Dead_server_does_not_delay_another_server()
    {
        using var server = new InfluxServer();
        string database = server.CreateDatabase();
        using var dead = new FaultProxy(server.Port);
        // Worse than a server that refuses connections: it accepts them and never responds.
        dead.Always(new Fault(FaultKind.Silence));
        using InfluxAgent agent = Agent(
            server, database, "influx:dead:timeout=30s", $"influx:dead:url={dead.Url}", "influx:dead:database=dead", "influx:gone:url=http://127.0.0.1:9", "influx:gone:database=gone");
        agent.Start().Until(() => dead.Faults > 0 && server.NewestNs(database) > 0, "both are tried");
        long worst = 0;
        for (int i = 0; i < 30; i++)
        {
            Thread.Sleep(100);
            worst = Math.Max(worst, InfluxAgent.NowNs - server.NewestNs(database));
        }

        // One interval plus what two busy cores need; the time-out of the dead server is much longer.
        Assert.True(worst < 10_000_000_000, $"the newest point was {worst / 1e9:0.0} s old");
        agent.CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(agent.Spool, "dead"), "*.lp.gz"));
    }

    private InfluxAgent Agent(InfluxServer server, string database, params string[] more) =>
        new(workload, [$"influx:main:url={server.Url}", $"influx:main:database={database}", .. more]);
}
