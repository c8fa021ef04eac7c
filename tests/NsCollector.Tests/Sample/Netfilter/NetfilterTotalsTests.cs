using System.Globalization;
using System.Text;
using NsCollector.Sample.Netfilter;

namespace NsCollector.Tests.Sample.Netfilter;

public sealed class NetfilterTotalsTests
{
    [Fact]
    public void Same_name_in_other_chain_table_family_or_source_is_another_counter()
    {
        var counters = new NetfilterTotals(100);
        counters.Begin();
        for (int i = 0; i < 2; i++)
        {
            counters.Add(NetfilterSource.Nftables, "ip"u8, "t"u8, "c"u8, "n"u8, 1, 10, 1);
            counters.Add(NetfilterSource.Nftables, "ip"u8, "t"u8, "d"u8, "n"u8, 2, 20, 1);
            counters.Add(NetfilterSource.Nftables, "ip"u8, "u"u8, "c"u8, "n"u8, 3, 30, 1);
            counters.Add(NetfilterSource.Nftables, "ip6"u8, "t"u8, "c"u8, "n"u8, 4, 40, 1);
            counters.Add(NetfilterSource.Iptables, "ip"u8, "t"u8, "c"u8, "n"u8, 5, 50, 1);
            counters.Add(NetfilterSource.Nftables, "ip"u8, "t"u8, "cn"u8, ""u8, 6, 60, 1);
        }

        counters.End();
        Assert.Equal(["ip t c n 2 20 2", "ip t d n 4 40 2", "ip u c n 6 60 2", "ip6 t c n 8 80 2", "ip t c n 10 100 2"], CounterText.Of(counters));
    }

    [Fact]
    public void Limit_is_of_names_and_the_first_ones_are_kept()
    {
        var counters = new NetfilterTotals(2);
        Read(counters, "a", "b", "a", "c", "d", "b");
        Assert.Equal(["   a 2 2 2", "   b 2 2 2"], CounterText.Of(counters));
        Assert.Equal(2, counters.LeftOut);
        Read(counters, "c", "d", "a");
        Assert.Equal(["   c 1 1 1", "   d 1 1 1"], CounterText.Of(counters));
        Assert.Equal(1, counters.LeftOut);
        Read(counters);
        Assert.Equal((0, 0), (counters.Count, counters.LeftOut));
    }

    /// <summary>Compared with a dictionary, over many readings.</summary>
    [Fact]
    public void Any_sequence_of_readings_has_the_sums_of_its_rules()
    {
        var random = new Random(1);
        var counters = new NetfilterTotals(1000);
        for (int reading = 0; reading < 200; reading++)
        {
            string[] names = [.. Enumerable.Range(0, random.Next(60)).Select(_ => random.Next(40).ToString(CultureInfo.InvariantCulture))];
            Read(counters, names);
            string[] expected = [.. names.GroupBy(name => name).Select(group => $"   {group.Key} {group.Count()} {group.Count()} {group.Count()}").Order(StringComparer.Ordinal)];
            Assert.Equal(expected, CounterText.Of(counters).Order(StringComparer.Ordinal));
        }
    }

    private static void Read(NetfilterTotals counters, params string[] names)
    {
        counters.Begin();
        foreach (string name in names) counters.Add(NetfilterSource.Nfacct, [], [], [], Encoding.ASCII.GetBytes(name), 1, 1, 1);
        counters.End();
    }
}
