namespace NsCollector.RuntimeTests.Influx;

/// <summary>Faults of proxies, networks and servers: no points are lost, and no acknowledged points are sent again.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class FaultyResponseTests(InfluxServer server, Workload workload)
{
    private const int Writes = 4;
    private const string Html = "<!DOCTYPE html><html><head><title>Sorry</title></head><body>The <b>portal</b> says no.\r\n\u001b[31m</body></html>";

    private static readonly Dictionary<string, Fault> Faults = new()
    {
        ["500"] = Fault.Answer("500 Internal Server Error", "X-Influxdb-Version: 1.6.7\r\nContent-Type: application/json\r\n", "{\"error\":\"timeout\"}\n"),
        ["502 with a page"] = Fault.Answer("502 Bad Gateway", "Content-Type: text/html\r\n", Html),
        ["503 with Retry-After"] = Fault.Answer("503 Service Unavailable", "Retry-After: 1\r\n", "too many writes"),
        ["503 with Retry-After and no body asked for"] = Fault.AnswerEarly("503 Service Unavailable", "Retry-After: 1\r\n"),
        ["503 with a Retry-After of years"] = Fault.Answer("503 Service Unavailable", "Retry-After: 99999999999\r\n"),
        ["429"] = Fault.Answer("429 Too Many Requests", body: "{\"code\":\"too many requests\",\"message\":\"slow down\"}"),
        ["429 with a date"] = Fault.Answer("429 Too Many Requests", "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n"),
        ["401"] = Fault.Answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"InfluxDB\"\r\n", "{\"error\":\"authorization failed\"}"),
        ["403"] = Fault.Answer("403 Forbidden", body: "{\"error\":\"not authorized\"}"),
        ["407"] = Fault.Answer("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"proxy\"\r\n"),
        ["404"] = Fault.Answer("404 Not Found", body: "{\"error\":\"database not found: \\\"x\\\"\"}"),
        ["413"] = Fault.Answer("413 Request Entity Too Large", body: "Request Entity Too Large"),
        ["413 and no body asked for"] = Fault.AnswerEarly("413 Request Entity Too Large"),
        ["400 of a proxy"] = Fault.Answer("400 Bad Request", "Content-Type: text/html\r\n", Html),
        ["200 with a page"] = Fault.Answer("200 OK", "Content-Type: text/html\r\n", Html),
        ["a page and no body asked for"] = Fault.AnswerEarly("403 Forbidden", "Content-Type: text/html\r\n", Html),
        ["silence"] = new(FaultKind.Silence),
        ["cut within the request"] = new(FaultKind.CutRequest),
        ["cut within the answer"] = new(FaultKind.CutAnswer),
        ["an answer kept back"] = new(FaultKind.SwallowAnswer),
        ["an endless body"] = new(FaultKind.EndlessBody),
        ["endless headers"] = new(FaultKind.EndlessHeaders),
        ["no HTTP"] = new(FaultKind.Garbage),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    [RequiresTheory("influxd")]
    [MemberData(nameof(Names))]
    public void Single_fault_kind_loses_no_points(string name)
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port) { AcknowledgedWithin = TimeSpan.FromSeconds(1) };
        using var agent = new InfluxAgent(
            workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}", "influx:main:timeout=2s", "influx:main:retry_after_max=1s");
        agent.Start().Collect(2);
        proxy.Next(Writes, Faults[name]);
        agent.Until(() => proxy.Faults == Writes, "the faults");
        agent.Until(() => server.NewestNs(database) >= InfluxAgent.NowNs - 400_000_000, "current points are stored");
        agent.CatchUp().Collect(2).Stop();

        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.True(proxy.SentAgain.Count == 0, $"{proxy.SentAgain.Count} lines were sent again. {PointComparison.Text(agent.State!)}. {agent.Log}");
        Assert.Empty(agent.Refused());
        Assert.Equal(0, agent.SinkField("dropped_points"));
        Assert.Equal(0, agent.SinkField("refused_points"));
        Assert.True(agent.SinkField("errors") > 0, "no error was counted");
        Assert.DoesNotContain('\u001b', agent.Log);
        Assert.DoesNotContain("defect", agent.Log, StringComparison.Ordinal);
    }

    [RequiresTheory("influxd")]
    [InlineData("301 Moved Permanently")]
    [InlineData("302 Found")]
    [InlineData("307 Temporary Redirect")]
    [InlineData("308 Permanent Redirect")]
    public void Redirect_is_not_followed_and_loses_no_points(string status)
    {
        string database = server.CreateDatabase();
        using var elsewhere = new WholeBatchServer(_ => false, names: false);
        using var proxy = new FaultProxy(server.Port);
        using var agent = new InfluxAgent(workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}");
        proxy.Next(Writes, Fault.Answer(status, $"Location: {elsewhere.Url}/write?db=x\r\n"));
        agent.Start().Until(() => proxy.Faults == Writes, "the redirects");
        agent.Collect(2).CatchUp().Stop();

        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(elsewhere.Points());
        Assert.Empty(proxy.SentAgain);
    }

    [RequiresFact("influxd")]
    public void Faults_of_all_kinds_in_any_order_lose_no_points()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port) { AcknowledgedWithin = TimeSpan.FromSeconds(1) };
        using var agent = new InfluxAgent(
            workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}", "influx:main:timeout=2s", "influx:main:retry_after_max=0",
            "influx:main:retry_interval_max=100ms");
        var random = new Random(3);
        // Excluded: the agent cannot tell a proxy's rejection of lines from the server's.
        Fault[] faults = [.. Faults.Where(fault => fault.Key != "400 of a proxy").Select(fault => fault.Value)];
        const int Many = 60;
        for (int i = 0; i < Many; i++)
        {
            proxy.Next(1, faults[random.Next(faults.Length)]);
            proxy.Next(random.Next(2), Fault.None);
        }

        agent.Start().Until(() => proxy.Faults == Many, "the faults");
        agent.CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(proxy.SentAgain);
        Assert.Equal(0, agent.SinkField("dropped_points"));
    }
}
