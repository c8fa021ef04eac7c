
namespace NsCollector.RuntimeTests.Influx;

/// <summary>A server returns exactly what was collected, for every protocol and transport.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class EndToEndTests(InfluxServer server, Workload workload)
{
    private const int Cycles = 4;

    [RequiresTheory("influxd")]
    [InlineData("influx:main:gzip=on")]
    [InlineData("influx:main:gzip=off")]
    [InlineData("influx:main:expect_continue=off")]
    [InlineData("spool:enabled=off")]
    [InlineData("spool:sync=never")]
    public void Influxd_has_every_point_with_its_exact_value(string setting)
    {
        string database = server.CreateDatabase();
        List<Point> collected = Deliver($"influx:main:url={server.Url}", $"influx:main:database={database}", setting);
        List<Point> stored = server.Points(database);
        PointComparison.AssertStored(collected, stored);

        // The workload must have what this test is about.
        Assert.Equal(Workload.Count, stored.Where(point => point.Measurement == "container_cpu").Select(point => point.Container).Distinct().Count());
        Assert.Contains(stored, point => point.Tags.Any(tag => tag.Value.Contains("漢字-😀", StringComparison.Ordinal)));
        Assert.Contains(stored, point => point.Tags.Any(tag => tag.Value.Contains("comma,equals=quote\"", StringComparison.Ordinal)));
        Assert.All(stored.Where(point => point.Container is not null), point => Assert.Contains("ü", point.Tags["site"], StringComparison.Ordinal));
        Assert.Contains(stored, point => point.Fields.Values.Any(value => value is long));
        Assert.Contains(stored, point => point.Fields.Values.Any(value => value is double));
        Assert.Contains(stored, point => point.Fields.Values.Any(value => value is string));
    }

    [RequiresFact("influxd")]
    public void Unix_socket_delivers_every_point()
    {
        string database = server.CreateDatabase();
        List<Point> collected = Deliver("influx:main:url=http://localhost", $"influx:main:unix_socket={server.UnixSocket}", $"influx:main:database={database}");
        PointComparison.AssertStored(collected, server.Points(database));
    }

    [RequiresFact("influxd")]
    public void Acknowledged_points_are_not_sent_again()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        List<Point> collected = Deliver($"influx:main:url={proxy.Url}", $"influx:main:database={database}");
        PointComparison.AssertStored(collected, server.Points(database));
        Assert.Empty(proxy.SentAgain);
        Assert.Equal(collected.Count, proxy.Acknowledged);
    }

    [RequiresFact("influxd")]
    public void User_and_password_are_accepted_by_a_server_that_requires_them()
    {
        using var closed = new InfluxServer(authentication: true);
        string database = closed.CreateDatabase();
        using var agent = new InfluxAgent(workload);
        agent.Configure(
            $"influx:main:url={closed.Url}", $"influx:main:database={database}", $"influx:main:user={InfluxServer.Administrator}",
            $"influx:main:password_file={Secret(agent, InfluxServer.Password)}");
        agent.Start().Collect(Cycles).Stop();
        PointComparison.AssertStored(agent.Points(), closed.Points(database));
        Assert.DoesNotContain(InfluxServer.Password, agent.Log, StringComparison.Ordinal);
    }

    [RequiresFact("influxd")]
    public void Missing_database_is_created_if_configured()
    {
        string database = server.UnusedName();
        List<Point> collected = Deliver($"influx:main:url={server.Url}", $"influx:main:database={database}", "influx:main:create_database=on");
        PointComparison.AssertStored(collected, server.Points(database));
    }

    [RequiresFact("victoria-metrics")]
    public void Victoria_metrics_has_every_value_once_with_version_2()
    {
        using var victoria = new VictoriaServer();
        using var agent = new InfluxAgent(workload);
        agent.Configure(
            $"influx:main:url={victoria.Url}", "influx:main:version=2", "influx:main:org=an org & more", "influx:main:bucket=a bucket/ü",
            $"influx:main:token_file={Secret(agent, "t0ken")}");
        agent.Start().Collect(Cycles).Stop();
        AssertExported(agent.Points(), victoria);
    }

    [RequiresFact("victoria-metrics", "vmagent")]
    public void Victoria_metrics_behind_vmagent_has_every_value_once()
    {
        using var victoria = new VictoriaServer();
        using var between = new VmAgent(victoria);
        List<Point> collected = Deliver($"influx:main:url={between.Url}", "influx:main:database=metrics");
        AssertExported(collected, victoria);
    }

    [RequiresTheory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Version_3_requests_have_the_documented_form(bool gzip, bool noSync)
    {
        const string Token = "apiv3_-Token+/=";
        const string Database = "a database & ü";
        using var own = new V3Server(Database, Token, gzip, noSync);
        using var agent = new InfluxAgent(workload);
        agent.Configure(
            $"influx:main:url={own.Url}", "influx:main:version=3", $"influx:main:database={Database}",
            $"influx:main:token_file={Secret(agent, Token)}", $"influx:main:gzip={(gzip ? "on" : "off")}", $"influx:main:no_sync={(noSync ? "on" : "off")}");
        agent.Start().Collect(Cycles).Stop();
        Assert.Empty(own.Mistakes);
        PointComparison.AssertStored(agent.Points(), own.Points());
        Assert.DoesNotContain("apiv3", agent.Log, StringComparison.Ordinal);
    }

    /// <summary>Writes a file that only its owner can read, with a final newline as editors write it.</summary>
    internal static string Secret(InfluxAgent agent, string secret)
    {
        string path = Path.Combine(agent.Scratch, "secret");
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(path, secret + "\n");
        return path;
    }

    // Accepted samples are visible a little later, and vmagent forwards them with a delay.
    private static void AssertExported(List<Point> collected, VictoriaServer victoria)
    {
        int expected = collected.Sum(point => point.Fields.Count);
        Eventually.True(() => victoria.Export().Count >= expected, "all samples are visible", () => $"{victoria.Export().Count} of {expected}");
        PointComparison.AssertExported(collected, victoria.Export());
    }

    private List<Point> Deliver(params string[] settings)
    {
        using var agent = new InfluxAgent(workload, settings);
        agent.Start().Collect(Cycles).Stop();
        return agent.Points();
    }
}
