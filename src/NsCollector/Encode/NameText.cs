using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using NsCollector.Sample;

namespace NsCollector.Encode;

/// <summary>
/// Names as text that a database stores and a terminal shows unchanged. Distinct names stay distinct: a replacement character for
/// every wrong byte would make one series of two interfaces.
/// </summary>
/// <remarks>
/// These become <c>%XX</c> for each byte: what is not UTF-8 (an interface's name may have any byte except '/', ':' and white
/// space), control characters (also U+0080 to U+009F, which some terminals obey), and a backslash that line protocol would read as
/// an escape. A <c>%</c> that two such digits follow becomes <c>%25</c>, so that no other name can look the same.
/// </remarks>
internal static class NameText
{
    /// <summary>Maximum bytes of a name as text.</summary>
    internal const int MaxBytes = 1024;

    // '~' and 16 hexadecimal digits.
    private const int HashBytes = 17;

    /// <summary>Bytes that are copied unchanged: printable ASCII except percent and backslash.</summary>
    internal static readonly ImmutableArray<byte> PlainBytes = [.. Enumerable.Range(0x20, 0x5f).Select(value => (byte)value).Except("%\\"u8.ToArray())];

    private static readonly SearchValues<byte> Plain = SearchValues.Create(PlainBytes.AsSpan());

    /// <summary>Writes a name. One that is too long is cut on a character boundary and ends in a hash of the whole name.</summary>
    /// <param name="raw">Any bytes.</param>
    /// <param name="destination">At least <see cref="MaxBytes"/> long.</param>
    /// <returns>How many bytes were written.</returns>
    internal static int Write(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        destination = destination[..MaxBytes];
        if (raw.Length <= MaxBytes && !raw.ContainsAnyExcept(Plain))
        {
            raw.CopyTo(destination);
            return raw.Length;
        }

        int written = 0, cutAt = 0;
        for (ReadOnlySpan<byte> rest = raw; !rest.IsEmpty;)
        {
            bool isValid = Rune.DecodeFromUtf8(rest, out Rune rune, out int length) == OperationStatus.Done;
            ReadOnlySpan<byte> character = rest[..length];
            rest = rest[length..];
            bool isEscaped = !isValid || Rune.IsControl(rune) || (rune.Value == '\\' && IsEscape(rest)) || (rune.Value == '%' && IsEscaped(rest));
            if (written + (isEscaped ? 3 * length : length) > MaxBytes) return Cut(raw, destination, cutAt);
            if (isEscaped)
            {
                foreach (byte value in character) written += Escape(value, destination[written..]);
            }
            else
            {
                character.CopyTo(destination[written..]);
                written += length;
            }

            if (written <= MaxBytes - HashBytes) cutAt = written;
        }

        return written;
    }

    /// <summary>A name as text.</summary>
    internal static string Of(ReadOnlySpan<byte> raw)
    {
        Span<byte> text = stackalloc byte[MaxBytes];
        return Encoding.UTF8.GetString(text[..Write(raw, text)]);
    }

    // Before one of these a backslash would be an escape; at the end it would escape the next character.
    private static bool IsEscape(ReadOnlySpan<byte> after) => after.IsEmpty || after[0] is (byte)',' or (byte)'=' or (byte)' ' or (byte)'\\';

    private static bool IsEscaped(ReadOnlySpan<byte> after) => after.Length >= 2 && IsDigit(after[0]) && IsDigit(after[1]);

    private static bool IsDigit(byte value) => value is (>= (byte)'0' and <= (byte)'9') or (>= (byte)'A' and <= (byte)'F');

    private static int Escape(byte value, Span<byte> destination)
    {
        destination[0] = (byte)'%';
        destination[1] = Digit(value >> 4);
        destination[2] = Digit(value & 15);
        return 3;
    }

    private static byte Digit(int value) => (byte)(value < 10 ? '0' + value : 'A' + value - 10);

    private static int Cut(ReadOnlySpan<byte> raw, Span<byte> destination, int at)
    {
        ulong hash = Fnv1a.Hash(raw);
        destination[at++] = (byte)'~';
        for (int shift = 60; shift >= 0; shift -= 4) destination[at++] = Digit((int)(hash >> shift) & 15);
        return at;
    }
}
