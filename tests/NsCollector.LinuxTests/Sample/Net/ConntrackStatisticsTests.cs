using System.Globalization;
using NsCollector.Catalogue;
using NsCollector.Linux.Netlink;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: the statistics of connection tracking are those of the namespace, by its file and by ctnetlink.</summary>
[Collection(NamespaceTests.Name)]
public sealed class ConntrackStatisticsTests : IDisposable
{
    private const int Refused = 4;

    private static readonly Reading[] Readings = [Reading.ConntrackInsertFailed, Reading.ConntrackDrop, Reading.ConntrackEarlyDrop];

    private readonly NamespaceProcess _process = NamespaceProcess.Start();

    public void Dispose() => _process.Dispose();

    [Fact]
    public void Packets_that_collide_are_counted_by_file_and_by_ctnetlink()
    {
        // All datagrams get the same source, so that only the first one has a connection of its own.
        _process.Run("ip", "link", "set", "lo", "up");
        _process.Run("nft", "add table ip t; add chain ip t p { type nat hook postrouting priority 100; }; add rule ip t p udp dport 7000 snat to 127.0.0.1:5000");
        _process.Run("bash", "-c", $"for i in $(seq {Refused + 1}); do echo x > /dev/udp/127.0.0.1/7000; done 2> /dev/null; true");

        using var visitor = new TestVisitor(new SampleOptions { Network = NetworkMode.Visit, Conntrack = true });
        ReadingSet visited = visitor.Read(_process.Directory).Protocols;
        Assert.Equal([Refused, Refused, 0], Readings.Select(reading => visited[reading]));
        Assert.Equal(0, visitor.Counters[AgentCounter.ReadErrors]);

        ReadingSet dumped = ReadingSet.Of(SamplePart.Protocols);
        NetlinkRequest request = ConntrackStatistics.CreateRequest();
        Assert.Equal(0, request.SendInside(_process.Directory.Descriptor, _process.NetInode));
        Assert.True(ConntrackStatistics.Parse(request.Answer, dumped));
        Assert.Equal([Refused, Refused, 0], Readings.Select(reading => dumped[reading]));
    }

    [Fact]
    public void Figures_of_host_are_not_those_of_the_container()
    {
        using var visitor = new TestVisitor(new SampleOptions { Network = NetworkMode.Visit, Conntrack = true });
        ReadingSet visited = visitor.Read(_process.Directory).Protocols;
        string[][] lines = [.. _process.Run("cat", "/proc/net/stat/nf_conntrack").Trim().Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        int column = Array.IndexOf(lines[0], "drop");
        Assert.Equal(lines.Skip(1).Sum(line => long.Parse(line[column], NumberStyles.HexNumber, CultureInfo.InvariantCulture)), visited[Reading.ConntrackDrop]);
        Assert.Equal(0, visited[Reading.ConntrackDrop]);
    }
}
