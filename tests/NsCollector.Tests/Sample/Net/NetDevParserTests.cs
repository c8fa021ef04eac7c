using System.Text;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Net;

namespace NsCollector.Tests.Sample.Net;

public sealed class NetDevParserTests
{
    private const string Headings =
        "Inter-|   Receive                                                |  Transmit\n"
        + " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";

    [Fact]
    public void Parse_each_column_sets_its_reading()
    {
        RowTable table = Parse(Headings + "  eth0:       1       2    3    4    5     6          7         8        9      10   11   12   13    14      15         16\n");
        ReadingSet readings = table[0].Readings;
        Assert.Equal("eth0", Name(table, 0));
        Assert.Equal(
            [1, 2, 3, 4, 9, 10, 11, 12, 8, 14],
            Enumerable.Range((int)Reading.NetworkRxBytes, 10).Select(r => readings[(Reading)r]));
    }

    [Fact]
    public void Parse_no_blank_after_colon_of_old_kernels()
    {
        RowTable table = Parse(Headings + "eth0:4294967295 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        Assert.Equal(4294967295, table[0].Readings[Reading.NetworkRxBytes]);
    }

    [Theory]
    [InlineData("a,b=c\"\\")]
    [InlineData("\u0001\u007f")]
    [InlineData("é€")]
    [InlineData("|")]
    public void Parse_any_valid_interface_name(string name)
    {
        RowTable table = Parse(Headings + $"{name,6}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        Assert.Equal(name, Name(table, 0));
    }

    [Fact]
    public void Parse_loopback_only_if_enabled_and_only_lo()
    {
        const string Text = Headings + "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n   lo0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        Assert.Equal("lo0", Name(Parse(Text), 0));
        Assert.Equal(2, Parse(Text, loopback: true).Count);
    }

    [Fact]
    public void Parse_counter_above_signed_range_is_left_out()
    {
        RowTable table = Parse(Headings + "e: 18446744073709551615 9223372036854775807 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        Assert.False(table[0].Readings.Has(Reading.NetworkRxBytes));
        Assert.Equal(1, table.ImpossibleCount);
        Assert.Equal(long.MaxValue, table[0].Readings[Reading.NetworkRxPackets]);
    }

    [Theory]
    [InlineData("e: 18446744073709551616 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")] // over 2^64-1
    [InlineData("e: 1 2 3 4 5 6 7 8 9 10 11 12 13\n")] // one column missing
    [InlineData("e: 1 2 3 x 5 6 7 8 9 10 11 12 13 14 15 16\n")]
    [InlineData("e: 1 2 3 -4 5 6 7 8 9 10 11 12 13 14 15 16\n")]
    [InlineData(": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")] // no name
    [InlineData("no colon\n")]
    public void Parse_malformed_line_is_skipped_and_others_are_read(string line)
    {
        var table = new RowTable(Reading.NetworkRxBytes, Reading.NetworkCollisions);
        string text = Headings + line + "good: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        Assert.False(NetDevParser.Parse(Encoding.UTF8.GetBytes(text), table, false, 10, out _));
        Assert.Equal(1, table.Count);
        Assert.Equal("good", Name(table, 0));
    }

    [Fact]
    public void Parse_truncated_text_gives_whole_lines_only()
    {
        byte[] text = Encoding.UTF8.GetBytes(Headings
            + "one: 11 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\ntwo: 22 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        for (int length = 0; length < text.Length; length++)
        {
            var table = new RowTable(Reading.NetworkRxBytes, Reading.NetworkCollisions);
            NetDevParser.Parse(text.AsSpan(0, length), table, false, 10, out _);
            for (int i = 0; i < table.Count; i++)
            {
                Assert.Equal(i == 0 ? "one" : "two", Name(table, i));
                Assert.Equal(i == 0 ? 11 : 22, table[i].Readings[Reading.NetworkRxBytes]);
            }

            Assert.True(table.Count <= 1);
        }
    }

    [Fact]
    public void Parse_interfaces_over_limit_are_counted()
    {
        string text = Headings + string.Concat(Enumerable.Range(0, 10).Select(i => $"e{i}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"));
        var table = new RowTable(Reading.NetworkRxBytes, Reading.NetworkCollisions);
        Assert.True(NetDevParser.Parse(Encoding.UTF8.GetBytes(text), table, false, 3, out int over));
        Assert.Equal(3, table.Count);
        Assert.Equal(7, over);
    }

    [Fact]
    public void Parse_interface_repeated_between_two_reads_is_added_once()
    {
        const string Line = "e: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        Assert.Equal(1, Parse(Headings + Line + Line).Count);
    }

    [Fact]
    public void Parse_again_allocates_nothing()
    {
        byte[] text = Encoding.UTF8.GetBytes(Headings + "e: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\nf: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        var table = new RowTable(Reading.NetworkRxBytes, Reading.NetworkCollisions);
        NetDevParser.Parse(text, table, false, 10, out _);
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                table.Clear();
                NetDevParser.Parse(text, table, false, 10, out _);
            }
        }));
    }

    private static RowTable Parse(string text, bool loopback = false)
    {
        var table = new RowTable(Reading.NetworkRxBytes, Reading.NetworkCollisions);
        Assert.True(NetDevParser.Parse(Encoding.UTF8.GetBytes(text), table, loopback, 100, out _));
        return table;
    }

    private static string Name(RowTable table, int index) => Encoding.UTF8.GetString(table[index].Key);
}
