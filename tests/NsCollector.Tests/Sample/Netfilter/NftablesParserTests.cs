using System.Text;
using NsCollector.Linux.Netlink;
using NsCollector.Sample.Netfilter;
using static NsCollector.Tests.Sample.Netfilter.NetlinkBytes;

namespace NsCollector.Tests.Sample.Netfilter;

/// <summary>Property: whatever bytes a dump has, the parser ends, and counts what it did not understand.</summary>
public sealed class NftablesParserTests
{
    private const int Rule = (10 << 8) | 6, Object = (10 << 8) | 18, Nested = 0x8000;

    private readonly NetfilterTotals _counters = new(100);

    [Fact]
    public void Comment_of_user_data_comes_before_that_of_match()
    {
        byte[] userData = [1, 2, 9, 9, 0, 4, .. "abc\0"u8];
        Assert.Equal(0, Parse(RuleOf(2, "t", "c", userData, Match("comment", "xt"), Counter(3, 200))));
        Assert.Equal(["ip t c abc 3 200 1"], All());
    }

    [Fact]
    public void Comment_of_match_is_cut_at_nul()
    {
        Assert.Equal(0, Parse(RuleOf(10, "t", "c", [], Match("limit", "no"), Match("comment", "a\nb,=\xff\0old"), Counter(1, 2))));
        Assert.Equal(["ip6 t c a\nb,=\xff 1 2 1"], All());
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0, 200, 65, 0 })]
    [InlineData(new byte[] { 5, 1, 65 })]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 0, 1, 0 })]
    public void Rule_without_comment_is_left_out(byte[] userData)
    {
        Assert.Equal(0, Parse(RuleOf(1, "t", "c", userData, Counter(1, 2))));
        Assert.Empty(All());
    }

    [Fact]
    public void Comment_without_nul_is_read() 
    {
        Assert.Equal(0, Parse(RuleOf(1, "t", "c", [0, 2, 65, 66], Counter(1, 2))));
        Assert.Equal(["inet t c AB 1 2 1"], All());
    }

    [Fact]
    public void Counter_that_is_too_short_is_not_understood()
    {
        Assert.Equal(1, Parse(RuleOf(1, "t", "c", [0, 1, 65], Expression("counter", Attribute(1, [1, 2, 3]), Number(2, 1)))));
        Assert.Equal(1, Parse(RuleOf(1, "t", "c", [0, 1, 65], Expression("counter", Number(2, 1)))));
        Assert.Empty(All());
    }

    [Fact]
    public void Named_counter_has_number_of_rules_that_use_it()
    {
        byte[] counter = Message(Object, 5, Text(1, "t"), Text(2, "n"), Number32(3, 1), Attribute(4 | Nested, Number(1, 700), Number(2, 7)), Number32(5, 3));
        byte[] quota = Message(Object, 5, Text(1, "t"), Text(2, "q"), Number32(3, 2), Attribute(4 | Nested));
        Assert.Equal(0, Parse([.. counter, .. quota]));
        Assert.Equal(["netdev t  n 7 700 3"], All());
    }

    [Fact]
    public void Unknown_family_has_no_name()
    {
        Parse(RuleOf(99, "t", "c", [0, 1, 65], Counter(1, 2)));
        Assert.Equal([" t c A 1 2 1"], All());
    }

    [Fact]
    public void Any_truncation_ends()
    {
        byte[] dump = [.. RuleOf(2, "t", "c", [0, 2, 65, 0], Match("comment", "xt"), Counter(3, 200)), .. Message(Object, 5, Text(1, "t"), Text(2, "n"), Number32(3, 1), Attribute(4, Number(1, 700), Number(2, 7)))];
        for (int length = 0; length < dump.Length; length++) Parse(dump[..length]);
        for (int i = 0; i < dump.Length; i++)
        {
            foreach (byte value in (byte[])[0, 1, 4, 0x7f, 0xff])
            {
                byte[] changed = [.. dump];
                changed[i] = value;
                Parse(changed);
            }
        }

        _counters.Begin();
        Assert.Equal(0, NftablesParser.Parse(new NetlinkMessages(dump), _counters));
        _counters.End();
        Assert.Equal(["ip t c A 3 200 1", "netdev t  n 7 700 0"], All());
    }

    private int Parse(byte[] dump)
    {
        _counters.Begin();
        int odd = NftablesParser.Parse(new NetlinkMessages(dump), _counters);
        _counters.End();
        return odd;
    }

    private string[] All() => CounterText.Of(_counters);

    private static byte[] RuleOf(byte family, string table, string chain, byte[] userData, params byte[][] expressions) =>
        Message(Rule, family, Text(1, table), Text(2, chain), Number(3, 4), Attribute(4 | Nested, expressions), Attribute(7, userData));

    private static byte[] Expression(string name, params byte[][] data) => Attribute(1 | Nested, Text(1, name), Attribute(2 | Nested, data));

    private static byte[] Counter(ulong packets, ulong bytes) => Expression("counter", Number(1, bytes), Number(2, packets));

    private static byte[] Match(string name, string text)
    {
        byte[] info = new byte[256];
        Encoding.Latin1.GetBytes(text, info);
        return Expression("match", Text(1, name), Number32(2, 0), Attribute(3, info));
    }
}
