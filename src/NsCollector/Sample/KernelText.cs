using System.Runtime.CompilerServices;

namespace NsCollector.Sample;

/// <summary>
/// Shared by the parsers of kernel texts. Those of cgroup files parse whole lines only. So every line ends in a line feed,
/// the loops need no other bound, and a truncated number is never parsed.
/// </summary>
internal static class KernelText
{
    internal const byte LineFeed = (byte)'\n';

    /// <summary>The text up to and including its last line feed. A truncated line after it counts as one malformed line.</summary>
    internal static ReadOnlySpan<byte> WholeLines(ReadOnlySpan<byte> text, scoped ref int malformed)
    {
        if (text.IsEmpty || text[^1] == LineFeed) return text;
        malformed++;
        return text[..(text.LastIndexOf(LineFeed) + 1)];
    }

    /// <summary>
    /// Parses the digits at <paramref name="position"/> and moves it to the byte after them, which the caller checks.
    /// False if there is no digit or the value is above 2^64-1; the position is then undefined.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryReadUnsigned(ReadOnlySpan<byte> text, ref int position, out ulong value)
    {
        ulong number = 0;
        int start = position, i = start;
        for (; (uint)i < (uint)text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit > 9) break;
            number = number * 10 + digit;
        }

        position = i;
        value = number;
        int digits = i - start;
        return digits is > 0 and <= 19 || (digits > 19 && TryReadLong(text[start..i], out value));
    }

    /// <summary>The position after the next line feed; the length of the text if there is none.</summary>
    internal static int NextLine(ReadOnlySpan<byte> text, int position)
    {
        int length = text[position..].IndexOf(LineFeed);
        return length < 0 ? text.Length : position + length + 1;
    }

    // 20 digits or more: leading zeros, a value up to 2^64-1, or one past it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryReadLong(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        foreach (byte b in digits)
        {
            ulong digit = (ulong)(b - '0');
            if (value > (ulong.MaxValue - digit) / 10) return false;
            value = value * 10 + digit;
        }

        return true;
    }
}
