using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Host;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Http;
using NsCollector.Telemetry;
using NsCollector.Tests.Host.Check;

namespace NsCollector.Tests.Host;

public sealed class HttpFaceTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public async Task Readyz_is_503_until_the_first_cycle_and_healthz_is_not()
    {
        int port = AnsweringServer.FreePort();
        Assert.True(ListenAddress.TryParse($"127.0.0.1:{port}", out ListenAddress? address));
        var samples = new LatestSamples([], TimeSpan.Zero);
        using var face = new HttpFace(new HttpOptions { Listen = [address] }, samples, null, new HostRoots(), new SampleOptions(), new AgentCounters(), NullLogger.Instance);
        Assert.Null(face.Start());
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            using HttpResponseMessage before = await client.GetAsync("/readyz");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "no cycle has been completed yet\n"), (before.StatusCode, await before.Content.ReadAsStringAsync()));
            Assert.Equal("ok\n", await client.GetStringAsync("/healthz"));

            samples.BeginCycle(new ContainerList(1, []));
            samples.EndCycle(default);
            Assert.Equal("ok\n", await client.GetStringAsync("/readyz"));
        }
        finally
        {
            face.Stop(TimeSpan.FromSeconds(2));
        }
    }

    [Theory]
    [InlineData(0, 100, "no cycle has been completed yet")]
    [InlineData(100, 100, null)]
    [InlineData(100, 107, null)]
    [InlineData(100, 108, "the last cycle was completed 8 s ago")]
    public void Cycle_is_too_old_after_two_intervals_and_five_seconds(long completed, long now, string? problem) =>
        Assert.Equal(problem, HttpFace.ProblemOf(completed * Second, now * Second, TimeSpan.FromSeconds(1)));
}
