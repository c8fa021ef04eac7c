using System.Buffers;
using System.Text;

namespace NsCollector.Encode.LineProtocol;

/// <summary>
/// The escaping rules of InfluxDB line protocol, strict enough that no input can break a line or inject another one, and that a
/// database returns what was written. Line protocol cannot express every string (a backslash before a comma is an escape), so
/// such strings are changed first, always in the same way; docs/architecture.md has the rules.
/// </summary>
internal static class LineProtocolText
{
    /// <summary>Maximum bytes of a tag value, before escaping.</summary>
    public const int MaxTagValueBytes = NameText.MaxBytes;

    /// <summary>Maximum bytes that an escaped tag value takes.</summary>
    public const int MaxEscapedTagValueBytes = 2 * MaxTagValueBytes;

    /// <summary>Maximum bytes that a name takes as a string field, with its quotes.</summary>
    public const int MaxEscapedNameFieldBytes = (2 * NameText.MaxBytes) + 2;

    /// <summary>Maximum bytes of a key.</summary>
    public const int MaxKeyBytes = 200;

    /// <summary>Maximum bytes of a string field, before escaping.</summary>
    public const int MaxStringBytes = 32 * 1024;

    // Bytes of a name that need no escape either.
    private static readonly SearchValues<byte> Plain = SearchValues.Create([.. NameText.PlainBytes.Except(",= "u8.ToArray())]);

    private static readonly string[] ReservedKeys = ["time", "__name__", "_field", "_measurement", "_time"];

    /// <summary>Writes a tag value.</summary>
    /// <param name="raw">Any bytes, written as <see cref="NameText"/> does.</param>
    /// <param name="destination">At least <see cref="MaxEscapedTagValueBytes"/> long.</param>
    /// <returns>How many bytes were written; 0 if the value is empty; then the tag must be left out.</returns>
    public static int WriteTagValue(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        if (raw.Length <= MaxTagValueBytes && !raw.ContainsAnyExcept(Plain))
        {
            raw.CopyTo(destination);
            return raw.Length;
        }

        Span<byte> clean = stackalloc byte[MaxTagValueBytes];
        clean = clean[..NameText.Write(raw, clean)];
        int written = 0;
        foreach (byte b in clean)
        {
            if (b is (byte)',' or (byte)'=' or (byte)' ') destination[written++] = (byte)'\\';
            destination[written++] = b;
        }

        return written;
    }

    /// <summary>A tag value as bytes; empty if the tag must be left out.</summary>
    public static byte[] TagValue(string value)
    {
        Span<byte> escaped = stackalloc byte[MaxEscapedTagValueBytes];
        return escaped[..WriteTagValue(Encoding.UTF8.GetBytes(value), escaped)].ToArray();
    }

    /// <summary>A tag key as bytes: 1 to <see cref="MaxKeyBytes"/> before escaping; empty if nothing of it is left.</summary>
    /// <remarks>A key that databases reserve gets the suffix <c>_</c>.</remarks>
    public static byte[] TagKey(string key)
    {
        Span<byte> clean = stackalloc byte[MaxKeyBytes];
        ReadOnlySpan<char> head = key.AsSpan(0, Math.Min(key.Length, MaxKeyBytes + 1));
        clean = clean[..Clean(Encoding.UTF8.GetBytes(head.ToString()), clean, control: (byte)'_')];
        if (clean.IsEmpty) return [];
        for (int i = 0; i < clean.Length; i++)
        {
            if (clean[i] is (byte)' ' or (byte)'\\' or (byte)'"') clean[i] = (byte)'_';
        }

        if (clean[0] == '#') clean[0] = (byte)'_';
        var escaped = new List<byte>(clean.Length + 8);
        foreach (byte b in clean)
        {
            if (b is (byte)',' or (byte)'=') escaped.Add((byte)'\\');
            escaped.Add(b);
        }

        if (ReservedKeys.Contains(Encoding.UTF8.GetString(clean))) escaped.Add((byte)'_');
        return [.. escaped];
    }

    /// <summary>The value of a string field with its quotes.</summary>
    /// <param name="value">Any text.</param>
    /// <param name="maxBytes">Maximum bytes that are kept, before escaping.</param>
    public static byte[] StringField(string value, int maxBytes = MaxStringBytes)
    {
        ReadOnlySpan<char> head = value.AsSpan(0, Math.Min(value.Length, maxBytes + 1));
        byte[] raw = Encoding.UTF8.GetBytes(head.ToString());
        byte[] clean = new byte[Math.Min(raw.Length, maxBytes)];
        int length = Clean(raw, clean, control: (byte)' ');
        var quoted = new List<byte>(length + 2) { (byte)'"' };
        foreach (byte b in clean.AsSpan(0, length))
        {
            if (b is (byte)'"' or (byte)'\\') quoted.Add((byte)'\\');
            quoted.Add(b);
        }

        quoted.Add((byte)'"');
        return [.. quoted];
    }

    /// <summary>Writes a name as a string field, with its quotes.</summary>
    /// <param name="raw">Any bytes, written as <see cref="NameText"/> does.</param>
    /// <param name="destination">At least <see cref="MaxEscapedNameFieldBytes"/> long.</param>
    /// <returns>How many bytes were written.</returns>
    public static int WriteStringField(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        Span<byte> clean = stackalloc byte[NameText.MaxBytes];
        clean = clean[..NameText.Write(raw, clean)];
        int written = 0;
        destination[written++] = (byte)'"';
        foreach (byte b in clean)
        {
            if (b is (byte)'"' or (byte)'\\') destination[written++] = (byte)'\\';
            destination[written++] = b;
        }

        destination[written++] = (byte)'"';
        return written;
    }

    /// <summary>Copies what is valid UTF-8, replaces the rest and every control character, and stops at a character that does not fit.</summary>
    private static int Clean(ReadOnlySpan<byte> raw, Span<byte> destination, byte control)
    {
        int written = 0;
        while (!raw.IsEmpty)
        {
            Rune.DecodeFromUtf8(raw, out Rune rune, out int consumed);
            raw = raw[consumed..];
            // An invalid sequence decodes as U+FFFD, which takes three bytes whatever it stood for.
            if (rune.Utf8SequenceLength > destination.Length - written) break;
            if (Rune.IsControl(rune)) destination[written++] = control;
            else written += rune.EncodeToUtf8(destination[written..]);
        }

        return written;
    }
}
