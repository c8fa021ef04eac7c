using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Selection;
using NsCollector.Encode.Telegraf;
using NsCollector.Host;
using NsCollector.Sample;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Host;

public sealed class EncoderSetTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Each_sink_receives_its_own_schema()
    {
        FileSinkOptions own = Sink("own", OutputSchema.NsCollector), telegraf = Sink("telegraf", OutputSchema.Telegraf);
        FileSinkOptions perDevice = Sink("perdevice", OutputSchema.Telegraf) with { Telegraf = new TelegrafOptions { PerDevice = TelegrafKinds.Network, Total = TelegrafKinds.None } };
        EncoderSet encoders = Run([own, telegraf, perDevice, Sink("same", OutputSchema.Telegraf)]);
        Assert.Equal(["container_info", "container_network"], Measurements("own"));
        Assert.Equal(["docker_container_blkio", "docker_container_net", "docker_container_status"], Measurements("telegraf"));
        Assert.Equal(["docker_container_net", "docker_container_status"], Measurements("perdevice"));
        Assert.Equal(Measurements("telegraf"), Measurements("same"));

        // One encoder for the two sinks with the same options.
        Assert.Equal(2 + 3 + 2, encoders.Points);
        Assert.Equal(new[] { "own", "telegraf", "perdevice" }.Sum(name => new FileInfo(PathOf(name)).Length), encoders.Bytes);
    }

    [Fact]
    public void Schema_that_no_sink_wants_is_not_encoded()
    {
        EncoderSet encoders = Run([Sink("telegraf", OutputSchema.Telegraf)]);
        Assert.Equal(3, encoders.Points);
    }

    [Fact]
    public void Sinks_with_equal_selections_share_an_encoder()
    {
        FileSinkOptions all = Sink("all", OutputSchema.NsCollector), some = Sink("some", OutputSchema.NsCollector) with { Choice = Only("container_network.*") };
        EncoderSet encoders = Run([all, some, Sink("also", OutputSchema.NsCollector) with { Choice = Only("container_network.*") }]);
        Assert.Equal(["container_info", "container_network"], Measurements("all"));
        Assert.Equal(["container_network"], Measurements("some"));
        Assert.Equal(["container_network"], Measurements("also"));
        Assert.Equal(2 + 1, encoders.Points);
    }

    private static OutputChoice Only(string glob) => new() { Include = new GlobList([glob]) };

    private EncoderSet Run(FileSinkOptions[] options)
    {
        using var set = new SinkSet(options.Select(sink => new FileSink(sink, NullLogger.Instance)), NullLogger.Instance);
        var encoders = new EncoderSet([.. options], new EncodeOptions { Host = "h" }, set, new AgentCounters());
        set.Start();
        var container = new Container(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web"), "/docker/a", null);
        var sample = new ContainerSample { TimestampNs = 1_700_000_000_000_000_000, State = ContainerState.Running };
        sample.Interfaces.Add("eth0"u8).Readings.Set(NsCollector.Catalogue.Reading.NetworkRxBytes, 1);
        encoders.Consumer.BeginCycle(new ContainerList(1, [container]));
        encoders.Consumer.Accept(container, sample);
        encoders.Consumer.EndCycle(default);
        Assert.True(set.Stop(TimeSpan.FromSeconds(10)));
        return encoders;
    }

    private string[] Measurements(string name) =>
        [.. StrictParser.ParseAll(Encoding.UTF8.GetBytes(File.ReadAllText(PathOf(name)))).Select(point => point.Measurement).Order(StringComparer.Ordinal)];

    private FileSinkOptions Sink(string name, OutputSchema schema) => new() { Name = name, Path = PathOf(name), Schema = schema };

    private string PathOf(string name) => Path.Combine(_directory.Path, name + ".lp");
}
