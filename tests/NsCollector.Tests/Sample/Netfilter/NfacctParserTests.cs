using NsCollector.Linux.Netlink;
using NsCollector.Sample.Netfilter;
using static NsCollector.Tests.Sample.Netfilter.NetlinkBytes;

namespace NsCollector.Tests.Sample.Netfilter;

public sealed class NfacctParserTests
{
    private const int Object = 7 << 8;

    private readonly NetfilterTotals _counters = new(100);

    [Fact]
    public void Object_without_numbers_is_not_understood()
    {
        byte[] whole = Message(Object, 0, Text(1, "a"), Number(2, 1), Number(3, 2), Number32(4, 3));
        Assert.Equal(2, Parse([.. Message(Object, 0, Text(1, "b"), Number(2, 1)), .. whole, .. Message(Object, 0, Number(2, 1), Number(3, 1))]));
        Assert.Equal(["   a 1 2 2"], CounterText.Of(_counters));
    }

    [Fact]
    public void Any_truncation_ends()
    {
        byte[] dump = Message(Object, 0, Text(1, "a"), Number(2, 1), Number(3, 2), Number32(4, 0));
        for (int length = 0; length < dump.Length; length++) Parse(dump[..length]);
        Assert.Empty(CounterText.Of(_counters));
        Assert.Equal(0, Parse(dump));
        Assert.Equal(["   a 1 2 0"], CounterText.Of(_counters));
    }

    private int Parse(byte[] dump)
    {
        _counters.Begin();
        int odd = NfacctParser.Parse(new NetlinkMessages(dump), _counters);
        _counters.End();
        return odd;
    }
}
