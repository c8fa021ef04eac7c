using NsCollector.Linux.Netlink;

namespace NsCollector.Tests.Linux.Netlink;

/// <summary>Property: nothing outside of a message is read, whatever the bytes say.</summary>
public sealed class NetlinkMessagesTests
{
    [Fact]
    public void Messages_and_attributes_are_read_in_order()
    {
        byte[] bytes = [.. Message(5, [9, 9, 9, 9, .. Attribute(0x8003, 1, 2, 3), .. Attribute(2)]), .. Message(6, [])];
        var messages = new NetlinkMessages(bytes);
        Assert.True(messages.MoveNext());
        Assert.Equal(5, messages.Type);
        NetlinkAttributes attributes = NetlinkAttributes.After(messages.Payload, 4);
        Assert.True(attributes.MoveNext());
        Assert.Equal(3, attributes.Type);
        Assert.Equal([1, 2, 3], attributes.Value.ToArray());
        Assert.True(attributes.MoveNext());
        Assert.Equal(2, attributes.Type);
        Assert.True(attributes.Value.IsEmpty);
        Assert.False(attributes.MoveNext());
        Assert.True(messages.MoveNext());
        Assert.Equal(6, messages.Type);
        Assert.True(messages.Payload.IsEmpty);
        Assert.False(messages.MoveNext());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    [InlineData(25u)]
    [InlineData(0x80000000u)]
    [InlineData(uint.MaxValue)]
    public void Message_with_impossible_length_ends_the_answer(uint length)
    {
        byte[] bytes = Message(5, new byte[8]);
        BitConverter.TryWriteBytes(bytes, length);
        Assert.False(new NetlinkMessages(bytes).MoveNext());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(ushort.MaxValue)]
    public void Attribute_with_impossible_length_ends_the_message(ushort length)
    {
        byte[] bytes = Attribute(1, 1, 2, 3, 4);
        BitConverter.TryWriteBytes(bytes, length);
        Assert.False(new NetlinkAttributes(bytes).MoveNext());
    }

    [Fact]
    public void Rest_shorter_than_a_header_or_structure_is_nothing()
    {
        Assert.False(new NetlinkMessages(new byte[15]).MoveNext());
        Assert.False(new NetlinkAttributes(new byte[3]).MoveNext());
        Assert.False(NetlinkAttributes.After(new byte[3], 16).MoveNext());

        // The last attribute lacks its padding.
        var last = new NetlinkAttributes([5, 0, 1, 0, 7]);
        Assert.True(last.MoveNext());
        Assert.Equal([7], last.Value.ToArray());
        Assert.False(last.MoveNext());
    }

    private static byte[] Message(ushort type, byte[] payload)
    {
        byte[] bytes = new byte[16 + payload.Length];
        BitConverter.TryWriteBytes(bytes, bytes.Length);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), type);
        payload.CopyTo(bytes, 16);
        return bytes;
    }

    private static byte[] Attribute(ushort type, params byte[] value)
    {
        byte[] bytes = new byte[(4 + value.Length + 3) & ~3];
        BitConverter.TryWriteBytes(bytes, (ushort)(4 + value.Length));
        BitConverter.TryWriteBytes(bytes.AsSpan(2), type);
        value.CopyTo(bytes, 4);
        return bytes;
    }
}
