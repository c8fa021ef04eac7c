using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Net;

namespace NsCollector.Tests.Sample.Net;

public sealed class ProtocolParserTests
{
    private readonly ReadingSet _readings = new(Reading.TcpActiveOpens, Reading.ConntrackEarlyDrop);

    [Fact]
    public void Snmp_parses_columns_by_heading()
    {
        Assert.True(new SnmpParser().Parse(Bytes(
            "Ip: Forwarding DefaultTTL\nIp: 2 64\n"
            + "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors\n"
            + "Tcp: 1 200 120000 -1 27 2 3 5 6 6471 3949 7 8 25 9\n"
            + "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors\nUdp: 53 1 2 54 3 4 5\n"
            + "UdpLite: InDatagrams NoPorts\nUdpLite: 99 98\n"), _readings));
        Assert.Equal(
            [(Reading.TcpActiveOpens, 27), (Reading.TcpPassiveOpens, 2), (Reading.TcpAttemptFails, 3), (Reading.TcpEstabResets, 5),
             (Reading.TcpInSegs, 6471), (Reading.TcpOutSegs, 3949), (Reading.TcpRetransSegs, 7), (Reading.TcpInErrs, 8),
             (Reading.TcpOutRsts, 25), (Reading.TcpCurrEstab, 6), (Reading.UdpInDatagrams, 53), (Reading.UdpOutDatagrams, 54),
             (Reading.UdpNoPorts, 1), (Reading.UdpInErrors, 2), (Reading.UdpRcvbufErrors, 3), (Reading.UdpSndbufErrors, 4)],
            Present());
    }

    [Fact]
    public void Snmp_reordered_unknown_or_missing_columns_parses()
    {
        Assert.True(new SnmpParser().Parse(Bytes("Tcp: New InSegs Newer ActiveOpens\nTcp: 1 2 -3 4\n"), _readings));
        Assert.Equal([(Reading.TcpActiveOpens, 4), (Reading.TcpInSegs, 2)], Present());
    }

    [Fact]
    public void Snmp_changed_headings_finds_columns_again()
    {
        var parser = new NetstatParser();
        Assert.True(parser.Parse(Bytes("TcpExt: ListenDrops TCPTimeouts\nTcpExt: 1 2\n"), _readings));
        Assert.Equal([(Reading.TcpListenDrops, 1), (Reading.TcpTimeouts, 2)], Present());
        _readings.Clear();
        Assert.True(parser.Parse(Bytes("TcpExt: TCPTimeouts ListenDrops\nTcpExt: 1 2\n"), _readings));
        Assert.Equal([(Reading.TcpListenDrops, 2), (Reading.TcpTimeouts, 1)], Present());
    }

    [Theory]
    [InlineData("RtoMin MaxConn InSegs", "200 -1 7", true)]
    [InlineData("RtoMin MaxConn InSegs", "200 -1x 7", false)]
    [InlineData("RtoMin MaxConn InSegs", "200 99999999999999999999 7", false)]
    [InlineData("RtoMin InSegs MaxConn", "200 7", false)]
    public void Snmp_detail_that_is_no_number_is_refused(string headings, string values, bool isUnderstood)
    {
        var detail = new TcpDetailSample();
        Assert.Equal(isUnderstood, new SnmpParser(hasDetail: true).Parse(Bytes($"Tcp: {headings}\nTcp: {values}\n"), _readings, detail));
        int rtoMin = TcpDetailFigures.Names.IndexOf("RtoMin"), maxConn = TcpDetailFigures.Names.IndexOf("MaxConn");
        Assert.Equal((200L, isUnderstood), (detail[rtoMin], detail.TryGet(maxConn, out long most)));
        Assert.Equal(isUnderstood ? -1 : 0, most);
    }

    [Theory]
    [InlineData("TcpExt: ListenDrops TCPTimeouts\nTcpExt: 1\n")] // one value missing
    [InlineData("TcpExt: ListenDrops TCPTimeouts\nTcpExt: 1 2")] // truncated
    [InlineData("TcpExt: ListenDrops TCPTimeouts\n")]
    [InlineData("TcpExt: ListenDrops TCPTimeouts\nIpExt: 1 2\n")]
    [InlineData("TcpExt: ListenDrops TCPTimeouts\nTcpExt: 1 x\n")]
    public void Parse_truncated_line_pair_returns_false(string text)
    {
        Assert.False(new NetstatParser().Parse(Bytes(text), _readings));
        Assert.False(_readings.Has(Reading.TcpTimeouts));
    }

    [Theory]
    [InlineData("")]
    [InlineData("IpExt: A\nIpExt: 1\n")]
    [InlineData("TcpExt: Other\nTcpExt: 1\n")]
    public void Parse_missing_lines_leaves_readings_absent_without_error(string text)
    {
        Assert.True(new NetstatParser().Parse(Bytes(text), _readings));
        Assert.True(_readings.IsEmpty);
    }

    [Fact]
    public void Sockstat_parses_only_keys_of_the_namespace()
    {
        Assert.True(SockstatParser.Parse(Bytes(
            "sockets: used 14\nTCP: inuse 1 orphan 2 tw 3 alloc 4 mem 5\nUDP: inuse 6 mem 7\nUDPLITE: inuse 8\nRAW: inuse 9\nFRAG: inuse 10 memory 11\n"),
            _readings));
        Assert.Equal([(Reading.TcpInUse, 1), (Reading.TcpTimeWait, 3), (Reading.UdpInUse, 6)], Present());
    }

    [Theory]
    [InlineData("TCP: inuse\n")]
    [InlineData("TCP: inuse -1 orphan 0\n")]
    [InlineData("TCP: inuse 1")]
    public void Sockstat_truncated_line_returns_false(string text)
    {
        Assert.False(SockstatParser.Parse(Bytes(text), _readings));
        Assert.True(_readings.IsEmpty);
    }

    [Fact]
    public void Conntrack_statistics_are_sums_over_processors_by_name()
    {
        Assert.True(ConntrackStatParser.Parse(Bytes("entries  drop new insert_failed early_drop\n00000009  ffffffff 00000001 0000000a 00000002\n00000009  00000001 00000001 00000001 00000000\n"), _readings));
        Assert.Equal([(Reading.ConntrackInsertFailed, 11), (Reading.ConntrackDrop, 1L << 32), (Reading.ConntrackEarlyDrop, 2)], Present());
    }

    [Theory]
    [InlineData("")]
    [InlineData("entries drop insert_failed early_drop\n")]
    [InlineData("entries drop insert_failed early_drop\n1 2 3 4")]
    [InlineData("entries drop insert_failed early_drop\n1 2 3\n")]
    [InlineData("entries drop insert_failed early_drop\n1 2 x 4\n")]
    [InlineData("entries drop insert_failed early_drop\n1 2 100000000 4\n")]
    [InlineData("entries drop insert_failed\n1 2 3\n")]
    public void Malformed_conntrack_statistics_are_absent(string text)
    {
        Assert.False(ConntrackStatParser.Parse(Bytes(text), _readings));
        Assert.Empty(Present());
    }

    [Fact]
    public void Conntrack_parses_one_number()
    {
        Assert.True(ConntrackParser.Parse(Bytes("262144\n"), Reading.ConntrackMax, _readings));
        Assert.Equal([(Reading.ConntrackMax, 262144)], Present());
        Assert.False(ConntrackParser.Parse(Bytes("\n"), Reading.ConntrackCount, _readings));
        Assert.False(ConntrackParser.Parse([], Reading.ConntrackCount, _readings));
    }

    [Fact]
    public void Parse_random_bytes_does_not_throw()
    {
        var random = new Random(20);
        byte[] alphabet = Bytes("Tcp: \n\0UdpTCP:Ext-19InSegs\tinuse\xff");
        var table = new RowTable(Reading.NetworkRxBytes, Reading.NetworkCollisions);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] text = new byte[random.Next(120)];
            for (int j = 0; j < text.Length; j++) text[j] = alphabet[random.Next(alphabet.Length)];
            table.Clear();
            new SnmpParser().Parse(text, _readings);
            new NetstatParser().Parse(text, _readings);
            SockstatParser.Parse(text, _readings);
            NetDevParser.Parse(text, table, true, 3, out _);
            Assert.True(table.Count <= 3);
        }
    }

    [Fact]
    public void Parse_again_allocates_nothing()
    {
        byte[] text = Bytes("Tcp: New InSegs Newer ActiveOpens\nTcp: 1 2 -3 4\nUdp: NoPorts\nUdp: 3\n");
        var parser = new SnmpParser();
        parser.Parse(text, _readings);
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) parser.Parse(text, _readings);
        }));
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private IEnumerable<(Reading, long)> Present()
    {
        for (Reading reading = _readings.First; reading <= _readings.Last; reading++)
        {
            if (_readings.TryGet(reading, out long value)) yield return (reading, value);
        }
    }
}
