namespace NsCollector.Encode.Otlp;

/// <summary>Reads the wire format of protocol buffers. Whatever the bytes are, nothing is read beyond them.</summary>
internal static class ProtobufReader
{
    /// <summary>The content of the first field with this number and a length; empty if there is none.</summary>
    internal static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> message, int field)
    {
        while (!message.IsEmpty && TryField(ref message, out int found, out ReadOnlySpan<byte> content, out _))
        {
            if (found == field && !content.IsEmpty) return content;
        }

        return default;
    }

    /// <summary>The first varint with this number; 0 if there is none.</summary>
    internal static long FindNumber(ReadOnlySpan<byte> message, int field)
    {
        while (!message.IsEmpty && TryField(ref message, out int found, out _, out ulong number))
        {
            if (found == field) return (long)number;
        }

        return 0;
    }

    /// <summary>Whether the bytes are fields and nothing else.</summary>
    internal static bool IsWellFormed(ReadOnlySpan<byte> message)
    {
        while (!message.IsEmpty)
        {
            if (!TryField(ref message, out int field, out _, out _) || field == 0) return false;
        }

        return true;
    }

    /// <summary>Reads a field and moves to the next one.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="field">The number of the field.</param>
    /// <param name="content">The content of a field with a length; else empty.</param>
    /// <param name="number">The value of a varint; else 0.</param>
    /// <returns>False if the message is malformed.</returns>
    internal static bool TryField(scoped ref ReadOnlySpan<byte> bytes, out int field, out ReadOnlySpan<byte> content, out ulong number)
    {
        content = default;
        field = 0;
        number = 0;
        if (!TryVarint(ref bytes, out ulong tag)) return false;
        field = (int)Math.Min(tag >> 3, int.MaxValue);
        switch (tag & 7)
        {
            case 0:
                return TryVarint(ref bytes, out number);
            case 1 when bytes.Length >= 8:
                bytes = bytes[8..];
                return true;
            case 2 when TryVarint(ref bytes, out ulong length) && length <= (ulong)bytes.Length:
                content = bytes[..(int)length];
                bytes = bytes[(int)length..];
                return true;
            default:
                return false;
        }
    }

    private static bool TryVarint(scoped ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return true;
        }

        return false;
    }
}
