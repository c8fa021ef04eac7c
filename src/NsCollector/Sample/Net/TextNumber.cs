using System.Buffers.Text;

namespace NsCollector.Sample.Net;

/// <summary>Splits kernel texts into lines, words and numbers.</summary>
internal static class TextNumber
{
    /// <summary>The next word, without the blanks around it; <paramref name="line"/> then begins after it. Empty at the end.</summary>
    internal static ReadOnlySpan<byte> Word(ref ReadOnlySpan<byte> line)
    {
        int start = 0;
        while (start < line.Length && line[start] is (byte)' ' or (byte)'\t') start++;
        int end = start;
        while (end < line.Length && line[end] is not ((byte)' ' or (byte)'\t')) end++;
        ReadOnlySpan<byte> word = line[start..end];
        line = line[end..];
        return word;
    }

    /// <summary>The next word as an unsigned decimal number; <paramref name="line"/> then begins after it. False if it is not a number or above 2^64-1.</summary>
    internal static bool TryUnsigned(ref ReadOnlySpan<byte> line, out ulong value)
    {
        int at = 0;
        while (at < line.Length && line[at] is (byte)' ' or (byte)'\t') at++;
        bool isNumber = KernelText.TryReadUnsigned(line, ref at, out value)
            && (at == line.Length || line[at] is (byte)' ' or (byte)'\t');
        line = line[at..];
        return isNumber;
    }

    /// <summary>The next word as a hexadecimal number; <paramref name="line"/> then begins after it. False if it is not a number or above 2^32-1.</summary>
    internal static bool TryHex(ref ReadOnlySpan<byte> line, out uint value)
    {
        ReadOnlySpan<byte> word = Word(ref line);
        return Utf8Parser.TryParse(word, out value, out int used, 'x') && used == word.Length;
    }

    /// <summary>Gets the next line, without its line feed. False at the end of the text.</summary>
    /// <param name="text">The rest; then begins after the line.</param>
    /// <param name="line">The line.</param>
    /// <param name="whole">Whether a line feed ended it; a line without one was truncated.</param>
    internal static bool TryLine(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line, out bool whole)
    {
        if (text.IsEmpty)
        {
            line = default;
            whole = false;
            return false;
        }

        int end = text.IndexOf((byte)'\n');
        whole = end >= 0;
        line = whole ? text[..end] : text;
        text = whole ? text[(end + 1)..] : default;
        return true;
    }
}
