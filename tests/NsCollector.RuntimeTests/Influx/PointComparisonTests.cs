using Xunit.Sdk;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>Tests of the comparison and the proxy that other tests rely on, without an agent.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class PointComparisonTests(InfluxServer server)
{
    private const string Lines =
        "m,t=a\\ b\\,c\\=d,u=back\\slash i=9223372036854775807i,f=0.1,w=5,t=true,s=\"a \\\"quoted\\\" \\\\ <b>\" 1700000000000000001\n" +
        "m,t=b i=-9007199254740993i 1700000000000000001\n" +
        "other f=1e300 1700000000000000003\n";

    [RequiresFact("influxd")]
    public void Comparison_preserves_every_type_and_digit()
    {
        string database = Written();
        PointComparison.AssertStored(StrictParser.ParseAll(Lines), server.Points(database));
        Assert.Equal(2, server.Count(database, "m"));
    }

    [RequiresFact("influxd")]
    public void Comparison_detects_a_missing_point()
    {
        List<Point> stored = server.Points(Written());
        AssertRejected(Lines + "m,t=c i=1i 1700000000000000001\n", stored);
        AssertRejected(Lines.Replace("0003", "0004", StringComparison.Ordinal), stored);
    }

    [RequiresFact("influxd")]
    public void Comparison_detects_an_extra_point() =>
        AssertRejected(Lines[..(Lines.IndexOf("other", StringComparison.Ordinal))], server.Points(Written()));

    [RequiresTheory("influxd")]
    [InlineData("9223372036854775807i", "9223372036854775806i")]
    [InlineData("w=5", "w=5i")]
    [InlineData("-9007199254740993i", "-9007199254740992i")]
    [InlineData("f=0.1", "f=0.10000000000000002")]
    [InlineData("t=true", "t=false")]
    [InlineData(",w=5", "")]
    [InlineData("\\\\ <b>", "<b>")]
    [InlineData("t=b", "t=b,x=y")]
    public void Comparison_detects_a_different_value(string stored, string collected) =>
        AssertRejected(Lines.Replace(stored, collected, StringComparison.Ordinal), server.Points(Written()));

    [RequiresFact("influxd")]
    public void Proxy_forwards_and_injects_the_scripted_faults()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.ExpectContinue = true;
        int Post(int patienceSeconds = 60)
        {
            try
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(patienceSeconds));
                using HttpResponseMessage answer = client.PostAsync(
                    new Uri($"{proxy.Url}/write?db={Uri.EscapeDataString(database)}&precision=ns"), new StringContent(Lines), patience.Token).Result;
                return (int)answer.StatusCode;
            }
            catch (AggregateException e) when (e.InnerException is TaskCanceledException)
            {
                return -1;
            }
            catch (AggregateException e) when (e.InnerException is HttpRequestException)
            {
                return 0;
            }
        }

        proxy.Next(1, Fault.Answer("503 Service Unavailable", "Retry-After: 1\r\n", "later"));
        proxy.Next(1, Fault.AnswerEarly("413 Content Too Large", body: "too large"));
        foreach (FaultKind kind in new[] { FaultKind.CutRequest, FaultKind.Garbage, FaultKind.EndlessHeaders })
            proxy.Next(1, new Fault(kind));
        foreach (FaultKind kind in new[] { FaultKind.Silence, FaultKind.EndlessBody })
            proxy.Next(1, new Fault(kind));
        Assert.Equal([503, 413, 0, 0, 0, -1, -1], Enumerable.Range(0, 7).Select(i => Post(i < 5 ? 60 : 1)));
        Assert.Empty(server.Points(database));

        proxy.Next(1, new Fault(FaultKind.CutAnswer));
        Assert.Equal(0, Post());
        Assert.Equal(3, server.Points(database).Count);
        Assert.Equal(0, proxy.Acknowledged);

        proxy.Next(1, new Fault(FaultKind.SwallowAnswer));
        Assert.Equal(-1, Post(patienceSeconds: 1));
        Assert.Equal(204, Post());
        Assert.Equal(3, proxy.Acknowledged);
        Assert.Empty(proxy.SentAgain);
        Assert.Equal(204, Post());
        Assert.Equal(3, proxy.SentAgain.Count);
        Assert.Equal(9, proxy.Faults);
        Assert.Equal(11, proxy.Writes);
    }

    private string Written()
    {
        string database = server.CreateDatabase();
        server.Write(database, Lines);
        return database;
    }

    private static void AssertRejected(string collected, List<Point> stored) =>
        Assert.ThrowsAny<XunitException>(() => PointComparison.AssertStored(StrictParser.ParseAll(collected), stored));
}
