using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Net;

namespace NsCollector.Tests.Sample.Net;

public sealed class SecondFamilyParserTests
{
    private const string Sockstat6 = "TCP6: inuse 41\nUDP6: inuse 2\nUDPLITE6: inuse 7\nRAW6: inuse 1\nFRAG6: inuse 0 memory 0\n";
    private const string Snmp6 =
        "Ip6InReceives                   \t22\nIcmp6OutType143                 \t104\nUdp6InDatagrams                 \t500\nUdp6NoPorts                     \t1\n"
        + "Udp6InErrors                    \t2\nUdp6OutDatagrams                \t501\nUdp6RcvbufErrors                \t3\nUdp6SndbufErrors                \t4\n"
        + "Udp6InCsumErrors                \t9\nUdpLite6InDatagrams             \t77\n";

    private readonly ReadingSet _readings = new(Reading.TcpActiveOpens, Reading.ConntrackMax);

    [Fact]
    public void Parse_adds_to_the_figures_of_ipv4()
    {
        _readings.Set(Reading.TcpInUse, 1);
        _readings.Set(Reading.UdpInUse, 0);
        Assert.True(new SecondFamilyParser("net/sockstat6").Parse(Encoding.ASCII.GetBytes(Sockstat6), _readings));
        Assert.Equal((42, 2), (_readings[Reading.TcpInUse], _readings[Reading.UdpInUse]));

        Reading[] udp = [Reading.UdpInDatagrams, Reading.UdpNoPorts, Reading.UdpInErrors, Reading.UdpOutDatagrams, Reading.UdpRcvbufErrors, Reading.UdpSndbufErrors];
        foreach (Reading reading in udp) _readings.Set(reading, 10);
        Assert.True(new SecondFamilyParser("net/snmp6").Parse(Encoding.ASCII.GetBytes(Snmp6), _readings));
        Assert.Equal([510, 11, 12, 511, 13, 14], udp.Select(reading => _readings[reading]));
    }

    [Fact]
    public void Parse_without_the_figure_of_ipv4_leaves_it_absent()
    {
        Assert.True(new SecondFamilyParser("net/sockstat6").Parse(Encoding.ASCII.GetBytes(Sockstat6), _readings));
        Assert.True(_readings.IsEmpty);
    }

    [Theory]
    [InlineData("TCP6: inuse 4", false)]
    [InlineData("TCP6: inuse x\n", false)]
    [InlineData("TCP6: inuse\n", false)]
    [InlineData("TCP6: alloc 5\n", true)]
    [InlineData("TCP6: inuse 1\nTCP6: inuse 1\nUDP6: inuse 0\n", false)]
    [InlineData("TCP6: inuse 18446744073709551615\nUDP6: inuse 0\n", true)]
    [InlineData("", true)]
    public void Parse_part_that_is_missing_makes_the_figure_absent(string text, bool understood)
    {
        _readings.Set(Reading.TcpInUse, 1);
        bool result = new SecondFamilyParser("net/sockstat6").Parse(Encoding.ASCII.GetBytes(text), _readings);
        Assert.Equal(understood, result);
        Assert.Equal(text.StartsWith("TCP6: inuse 1\n", StringComparison.Ordinal), _readings.Has(Reading.TcpInUse));
    }
}
