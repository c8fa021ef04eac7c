using System.Buffers.Binary;
using System.Text;

namespace NsCollector.Encode.Otlp;

/// <summary>Writes the wire format of protocol buffers (protobuf.dev/programming-guides/encoding), without allocating.</summary>
internal static class Protobuf
{
    /// <summary>The bytes of a length that is written by <see cref="WriteLength"/>.</summary>
    internal const int LengthBytes = 4;

    /// <summary>The bytes of a tag below 16 and a number of 64 bits.</summary>
    internal const int Fixed64Bytes = 9;

    /// <summary>The tag of a field below 16 whose value has a length.</summary>
    internal static byte LengthDelimited(int field) => (byte)((field << 3) | 2);

    /// <summary>The tag of a field below 16 with a number of 64 bits.</summary>
    internal static byte Fixed64(int field) => (byte)((field << 3) | 1);

    /// <summary>The tag of a field below 16 with a varint.</summary>
    internal static byte Varint(int field) => (byte)(field << 3);

    /// <summary>
    /// Writes a length in four bytes, so that it can be filled in when what follows is complete. Decoders accept a varint with more bytes
    /// than it needs.
    /// </summary>
    internal static void WriteLength(int length, Span<byte> destination)
    {
        destination[0] = (byte)(length | 0x80);
        destination[1] = (byte)((length >> 7) | 0x80);
        destination[2] = (byte)((length >> 14) | 0x80);
        destination[3] = (byte)((length >> 21) & 0x7F);
    }

    /// <summary>Writes a varint.</summary>
    internal static int WriteVarint(uint value, Span<byte> destination)
    {
        int at = 0;
        for (; value >= 0x80; value >>= 7) destination[at++] = (byte)(value | 0x80);
        destination[at++] = (byte)value;
        return at;
    }

    /// <summary>The bytes of a varint.</summary>
    internal static int VarintBytes(int value) => value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4;

    /// <summary>Writes a field with a number of 64 bits.</summary>
    internal static int WriteFixed64(int field, long value, Span<byte> destination)
    {
        destination[0] = Fixed64(field);
        BinaryPrimitives.WriteInt64LittleEndian(destination[1..], value);
        return Fixed64Bytes;
    }

    /// <summary>Creates a field with a length.</summary>
    internal static byte[] Field(int field, ReadOnlySpan<byte> content)
    {
        byte[] bytes = new byte[1 + VarintBytes(content.Length) + content.Length];
        bytes[0] = LengthDelimited(field);
        int at = 1 + WriteVarint((uint)content.Length, bytes.AsSpan(1));
        content.CopyTo(bytes.AsSpan(at));
        return bytes;
    }

    /// <summary>Creates a field with a text. A string of protocol buffers must be UTF-8, and half a surrogate pair is not.</summary>
    internal static byte[] Field(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));
}
