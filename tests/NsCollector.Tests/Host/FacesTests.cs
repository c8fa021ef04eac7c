using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver.Spool;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Host;
using NsCollector.Host.Logging;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Http;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Host;

public sealed class FacesTests
{
    private readonly LatestSamples _consumer = new([], TimeSpan.Zero);

    [Fact]
    public void Without_listeners_only_the_sinks_get_samples()
    {
        var sample = new SampleOptions { TcpDetail = true };
        Faces faces = New(new HttpOptions { CadvisorApi = true }, sample);
        Assert.Same(_consumer, faces.Consumer);
        Assert.Equal(sample with { TcpDetail = false }, faces.Sample);
        Assert.Null(faces.Latest);
        Assert.Null(faces.Http);
        Assert.Null(faces.Docker);
    }

    [Fact]
    public void With_a_page_samples_are_copied_and_parents_are_read()
    {
        Faces faces = New(new HttpOptions { Listen = [Address()], CadvisorApi = true }, new SampleOptions { TcpDetail = true });
        using HttpFace? http = faces.Http;
        Assert.NotNull(http);
        Assert.NotNull(faces.Latest);
        Assert.NotNull(http.Events);
        Assert.IsType<SampleFork>(faces.Consumer);
        Assert.True(faces.Sample is { Parents: true, TcpDetail: true });
        Assert.Null(faces.Docker);
    }

    private Faces New(HttpOptions http, SampleOptions sample) => new(
        new AgentOptions
        {
            Roots = new HostRoots(), Discover = new DiscoverOptions(), Sample = sample, Encode = new EncodeOptions { Host = "h" }, Http = http,
            Sinks = [], Spool = new SpoolOptions(), Log = new LogOptions(),
        },
        _consumer, sample, [], _ => throw new InvalidOperationException("Docker's API is off."), new AgentCounters(), NullLoggerFactory.Instance);

    private static ListenAddress Address() => ListenAddress.TryParse("127.0.0.1:1", out ListenAddress? address) ? address : throw new InvalidOperationException();
}
