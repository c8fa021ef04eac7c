using NsCollector.Catalogue;
using NsCollector.Linux.Netlink;
using NsCollector.Sample;
using NsCollector.Sample.Qdiscs;

namespace NsCollector.Tests.Sample.Qdiscs;

/// <summary>Property: what a message lacks is absent, and nothing outside of it is read.</summary>
public sealed class QdiscTests
{
    private static readonly byte[] Kind = Attribute(1, [.. "fq_codel\0"u8]);

    [Fact]
    public void Figures_are_those_of_the_message()
    {
        byte[] message = Message(7, 0x00010010, Kind, Attribute(7, [.. Attribute(1, Numbers(0x80000001, 1, 5)), .. Attribute(3, Numbers(2, 3000, 4, 6, 8)), .. Attribute(8, Numbers(5, 1))]));
        Qdisc qdisc = Parse(message);
        Assert.Equal((7, 0x00010010u), (qdisc.Interface, qdisc.Parent));
        Assert.Equal("fq_codel"u8.ToArray(), qdisc.Kind.ToArray());
        Assert.False(qdisc.IsNoqueue);
        ReadingSet readings = Readings(in qdisc);
        Assert.Equal(
            [0x180000001, 0x100000005, 4, 8, 6, 3000, 2],
            new[] { Reading.QdiscBytes, Reading.QdiscPackets, Reading.QdiscDrops, Reading.QdiscOverlimits, Reading.QdiscRequeues, Reading.QdiscBacklogBytes, Reading.QdiscQueueLength }.Select(reading => readings[reading]));
    }

    [Fact]
    public void Packets_are_those_of_32_bits_if_there_are_no_others()
    {
        Qdisc qdisc = Parse(Message(7, 1, Kind, Attribute(7, Attribute(1, Numbers(9, 0, 5)))));
        ReadingSet readings = Readings(in qdisc);
        Assert.Equal((9, 5), (readings[Reading.QdiscBytes], readings[Reading.QdiscPackets]));
        Assert.False(readings.Has(Reading.QdiscDrops));
    }

    [Fact]
    public void Short_structures_are_absent()
    {
        Qdisc qdisc = Parse(Message(7, 1, Kind, Attribute(7, [.. Attribute(1, Numbers(9)), .. Attribute(3, Numbers(1, 2, 3, 4)), .. Attribute(8, Numbers(1))])));
        Assert.True(Readings(in qdisc).IsEmpty);
        qdisc = Parse(Message(7, 1, Kind));
        Assert.True(Readings(in qdisc).IsEmpty);
    }

    [Fact]
    public void Message_that_is_short_or_without_a_kind_is_none()
    {
        foreach (byte[] message in new[] { Message(7, 1), Message(7, 1, Attribute(1, [0])), Message(7, 1, Kind)[..^12], [.. Message(7, 1, Kind).AsSpan(0, 24)] })
        {
            BitConverter.TryWriteBytes(message, message.Length);
            var messages = new NetlinkMessages(message);
            Assert.True(messages.MoveNext());
            Assert.False(Qdisc.TryParse(in messages, out _));
        }
    }

    [Theory]
    [InlineData(0xffffffff, "root")]
    [InlineData(0xfffffff1, "ingress")]
    [InlineData(0x80010000, "8001:0")]
    [InlineData(0x0001000a, "1:a")]
    public void Parent_is_written_as_tc_does(uint parent, string text)
    {
        var tags = new QdiscTags("container");
        Qdisc qdisc = Parse(Message(7, parent, Kind));
        byte[][] values = tags.Of(in qdisc);
        Assert.Equal(["container", "fq_codel", text], values.Select(System.Text.Encoding.ASCII.GetString));
        Assert.Same(values, tags.Of(in qdisc));
    }

    private static Qdisc Parse(byte[] message)
    {
        var messages = new NetlinkMessages(message);
        Assert.True(messages.MoveNext());
        Assert.True(Qdisc.TryParse(in messages, out Qdisc qdisc));
        return qdisc;
    }

    private static ReadingSet Readings(in Qdisc qdisc)
    {
        ReadingSet readings = ReadingSet.Of(SamplePart.Qdiscs);
        qdisc.AddTo(readings);
        return readings;
    }

    private static byte[] Message(int index, uint parent, params byte[][] attributes)
    {
        byte[] body = [.. Numbers(0, (uint)index, 0x00010000, parent, 0), .. attributes.SelectMany(bytes => bytes)];
        return [.. Numbers((uint)(16 + body.Length), 36, 1, 0), .. body];
    }

    private static byte[] Attribute(ushort type, byte[] value) =>
        [.. BitConverter.GetBytes((ushort)(4 + value.Length)), .. BitConverter.GetBytes(type), .. value, .. new byte[-value.Length & 3]];

    private static byte[] Numbers(params uint[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];
}
