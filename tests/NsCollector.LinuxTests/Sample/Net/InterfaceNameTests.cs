using System.Text.Json;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Json;
using NsCollector.Encode.LineProtocol;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: each interface is one series, whatever bytes its name has.</summary>
[Collection(NamespaceTests.Name)]
public sealed class InterfaceNameTests
{
    [Theory]
    [InlineData(@"a\377", @"a\376", "a%FF", "a%FE")]
    [InlineData(@"b\001", @"b\002", "b%01", "b%02")]
    [InlineData(@"c\302\205", @"c\302\206", "c%C2%85", "c%C2%86")]
    [InlineData(@"d\134", @"d\303\251", "d%5C", "dé")]
    public void Names_that_are_not_text_stay_distinct(string one, string other, string oneTag, string otherTag)
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Run("sh", "-c", $"ip link add \"$(printf '{one}')\" type veth peer name \"$(printf '{other}')\"");
        using var visitor = new TestVisitor();
        ContainerSample sample = visitor.Read(process.Directory);
        Assert.Equal(2, sample.Interfaces.Count);

        var container = new Container(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web"), "/docker/a", null);
        sample.TimestampNs = 1_700_000_000_000_000_000;
        string[] expected = [oneTag, otherTag];
        Assert.Equal(expected.Order(), Encode(container, sample).Where(point => point.Measurement == "container_network").Select(point => point.Tags["interface"]).Order());

        using var output = new MemoryStream();
        new JsonRenderer(output, new EncodeOptions { Host = "h" }).Accept(container, sample);
        using JsonDocument json = JsonDocument.Parse(output.ToArray());
        Assert.Equal(expected.Order(), json.RootElement.GetProperty("container_network").EnumerateArray().Select(row => row.GetProperty("interface").GetString()).Order());
    }

    private static IEnumerable<Point> Encode(Container container, ContainerSample sample)
    {
        var lines = new Lines();
        var encoder = new LineProtocolEncoder(new EncodeOptions { Host = "h" }, new BatchPool(65536), lines, new AgentCounters());
        encoder.BeginCycle(new ContainerList(1, [container]));
        encoder.Accept(container, sample);
        encoder.Flush();
        return StrictParser.ParseAll([.. lines.Bytes]);
    }

    private sealed class Lines : IBatchReceiver
    {
        internal List<byte> Bytes { get; } = [];

        public void Publish(Batch batch)
        {
            Bytes.AddRange(batch.Bytes);
            batch.Release();
        }
    }
}
