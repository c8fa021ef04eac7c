using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NsCollector.Catalogue;
using NsCollector.Encode.Cadvisor;
using NsCollector.Sample;
using NsCollector.Sample.History;
using NsCollector.Sample.Net;
using NsCollector.Tests.Encode.Prometheus;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Encode.Cadvisor;

/// <summary>
/// Compares sockets and figures of TCP with those on cAdvisor's page: the cAdvisor whose REST answers were recorded did not measure them, and
/// has 0 for all. The samples have passed the history.
/// </summary>
public sealed class RecordedNetworkTests
{
    [Theory]
    [InlineData("v1-two-nets")]
    [InlineData("v2-two-nets")]
    [InlineData("v2-mem_50")]
    public void Figures_are_those_of_cAdvisors_page(string name)
    {
        Dictionary<string, string> files = RecordedSections.Read($"Prometheus/{name}.txt");
        Dictionary<string, string> ours = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string path, string value) in RecordedCadvisorTests.Leaves(RecordedCadvisorTests.Write(json => CadvisorStats.Write(json, CadvisorForm.V1, Sample(files), null, new CadvisorOptions(), null)))) ours[path] = value;
        var others = new HashSet<string>(ours.Keys.Where(path => path.StartsWith("network.", StringComparison.Ordinal)), StringComparer.OrdinalIgnoreCase);
        Assert.Equal(30 + 98, others.Count);

        int count = 0;
        foreach (Match match in Regex.Matches(files["page"], "^container_network_(tcp6?|udp6?|advance_tcp)_(?:usage|stats)_total\\{.*(?:tcp|udp)_state=\"(\\w+)\".*\\} (\\S+)", RegexOptions.Multiline))
        {
            string path = $"network.{(match.Groups[1].Value == "advance_tcp" ? "tcp_advanced" : match.Groups[1].Value)}.{match.Groups[2].Value}";
            count++;

            // cAdvisor writes 0 for a counter that the kernel no longer has.
            if (path.EndsWith(".tcpfackreorder", StringComparison.Ordinal)) continue;
            Assert.True(others.Remove(path), $"{path} is missing");
            Assert.Equal(double.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture), double.Parse(ours[path], CultureInfo.InvariantCulture));
        }

        Assert.Equal(30 + 99, count);
        Assert.Empty(others);
    }

    [Fact]
    public void Sockets_of_listeners_alone_have_only_their_count()
    {
        Dictionary<string, string> files = RecordedSections.Read("Prometheus/v1-two-nets.txt");
        var all = new ContainerSample();
        RecordedSockets.Count(files, all.BeginConnections());
        var sample = new ContainerSample();
        foreach (Reading reading in (Reading[])[Reading.ConnectionsListen, Reading.ConnectionsIpv6Listen]) sample.BeginConnections().Set(reading, all.Connections![reading]);
        Dictionary<string, string> ours = RecordedCadvisorTests.Leaves(RecordedCadvisorTests.Write(json => CadvisorStats.Write(json, CadvisorForm.V1, sample, null, new CadvisorOptions(), null)));
        Assert.Equal(["network.tcp.Listen", "network.tcp6.Listen"], ours.Keys.Where(path => path.StartsWith("network.", StringComparison.Ordinal)));
        Assert.Equal("1", ours["network.tcp.Listen"]);
    }

    private static ContainerSample Sample(Dictionary<string, string> files)
    {
        var sample = new ContainerSample { TimestampNs = 1 };
        Assert.True(new SnmpParser(hasDetail: true).Parse(Encoding.ASCII.GetBytes(files["net/snmp"]), sample.Protocols, sample.BeginTcpDetail()));
        Assert.True(new NetstatParser(hasDetail: true).Parse(Encoding.ASCII.GetBytes(files["net/netstat"]), sample.Protocols, sample.BeginTcpDetail()));
        RecordedSockets.Count(files, sample.BeginConnections());
        byte[] record = new byte[4096];
        int length = HistoryRecord.Write(sample, record);
        var copy = new ContainerSample();
        HistoryRecord.Read(record.AsSpan(0, length), copy);
        return copy;
    }
}
