using System.Buffers.Binary;
using System.Text;

namespace NsCollector.Tests.Sample.Netfilter;

/// <summary>Builds netlink messages as the kernel does.</summary>
internal static class NetlinkBytes
{
    internal static byte[] Message(int type, byte family, params byte[][] attributes)
    {
        byte[] payload = [family, 0, 0, 0, .. attributes.SelectMany(bytes => bytes)];
        byte[] message = new byte[16 + payload.Length];
        BitConverter.TryWriteBytes(message, message.Length);
        BitConverter.TryWriteBytes(message.AsSpan(4), (ushort)type);
        payload.CopyTo(message, 16);
        return message;
    }

    internal static byte[] Attribute(int type, params byte[][] parts)
    {
        byte[] value = [.. parts.SelectMany(bytes => bytes)];
        byte[] attribute = new byte[(4 + value.Length + 3) & ~3];
        BitConverter.TryWriteBytes(attribute, (ushort)(4 + value.Length));
        BitConverter.TryWriteBytes(attribute.AsSpan(2), (ushort)type);
        value.CopyTo(attribute, 4);
        return attribute;
    }

    internal static byte[] Text(int type, string text) => Attribute(type, Encoding.Latin1.GetBytes(text + "\0"));

    internal static byte[] Number(int type, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Attribute(type, bytes);
    }

    internal static byte[] Number32(int type, uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Attribute(type, bytes);
    }
}
