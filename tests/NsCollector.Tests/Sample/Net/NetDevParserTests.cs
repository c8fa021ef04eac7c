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
    public void Each_column_goes_to_its_reading()
    {
        RowTable table = Parse(Headings + "  eth0:       1       2    3    4    5     6          7         8        9      10   11   12   13    14      15         16\n");
        ReadingSet readings = table[0].Readings;
        Assert.Equal("eth0", Name(table, 0));
        Assert.Equal(
            [1, 2, 3, 4, 9, 10, 11, 12, 8, 14],
            Enumerable.Range((int)Reading.NetworkRxBytes, 10).Select(r => readings[(Reading)r]));
    }

    [Fact]
    public void Old_kernels_put_no_blank_behind_the_colon()
    {
        RowTable table = Parse(Headings + "eth0:4294967295 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        Assert.Equal(4294967295, table[0].Readings[Reading.NetworkRxBytes]);
    }

    [Theory]
    [InlineData("a,b=c\"\\")]
    [InlineData("\u0001\u007f")]
    [InlineData("é€")]
    [InlineData("|")]
    public void A_name_may_hold_any_byte_but_a_colon_a_slash_and_a_blank(string name)
    {
        RowTable table = Parse(Headings + $"{name,6}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        Assert.Equal(name, Name(table, 0));
    }

    [Fact]
    public void Loopback_counts_only_when_asked_for_and_only_by_its_whole_name()
    {
        const string Text = Headings + "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n   lo0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        Assert.Equal("lo0", Name(Parse(Text), 0));
        Assert.Equal(2, Parse(Text, loopback: true).Count);
    }

    [Fact]
    public void A_counter_past_the_signed_range_is_clamped()
    {
        RowTable table = Parse(Headings + "e: 18446744073709551615 9223372036854775807 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        Assert.Equal(long.MaxValue, table[0].Readings[Reading.NetworkRxBytes]);
        Assert.Equal(long.MaxValue, table[0].Readings[Reading.NetworkRxPackets]);
    }

    [Theory]
    [InlineData("e: 18446744073709551616 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")] // over 2^64-1
    [InlineData("e: 1 2 3 4 5 6 7 8 9 10 11 12 13\n")] // a column short
    [InlineData("e: 1 2 3 x 5 6 7 8 9 10 11 12 13 14 15 16\n")]
    [InlineData("e: 1 2 3 -4 5 6 7 8 9 10 11 12 13 14 15 16\n")]
    [InlineData(": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")] // no name
    [InlineData("no colon\n")]
    public void A_line_that_is_not_understood_is_no_reading_and_spoils_no_other(string line)
    {
        var table = new RowTable(Reading.NetworkRxBytes, Reading.NetworkCollisions);
        string text = Headings + line + "good: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        Assert.False(NetDevParser.Parse(Encoding.UTF8.GetBytes(text), table, false, 10, out _));
        Assert.Equal(1, table.Count);
        Assert.Equal("good", Name(table, 0));
    }

    [Fact]
    public void A_text_cut_off_anywhere_gives_whole_lines_only()
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
    public void Interfaces_over_the_limit_are_counted()
    {
        string text = Headings + string.Concat(Enumerable.Range(0, 10).Select(i => $"e{i}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"));
        var table = new RowTable(Reading.NetworkRxBytes, Reading.NetworkCollisions);
        Assert.True(NetDevParser.Parse(Encoding.UTF8.GetBytes(text), table, false, 3, out int over));
        Assert.Equal(3, table.Count);
        Assert.Equal(7, over);
    }

    [Fact]
    public void An_interface_repeated_at_the_seam_of_two_reads_counts_once()
    {
        const string Line = "e: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        Assert.Equal(1, Parse(Headings + Line + Line).Count);
    }

    [Fact]
    public void Parsing_again_allocates_nothing()
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
