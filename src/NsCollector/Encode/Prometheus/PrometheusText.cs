using System.Buffers.Text;
using System.Text;

namespace NsCollector.Encode.Prometheus;

/// <summary>Writes label values and numbers of a page, without allocating.</summary>
internal static class PrometheusText
{
    private static readonly long[] Powers = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

    /// <summary>Maximum bytes that <see cref="WriteValue"/> writes for a value of a given length.</summary>
    internal static int MaxBytes(int valueBytes) => valueBytes * 3;

    /// <summary>
    /// Writes a label value between its quotes. Backslash, quote and line feed are escaped; other control characters, and bytes
    /// that are not UTF-8, become U+FFFD: a parser would refuse the whole page.
    /// </summary>
    /// <returns>How many bytes were written.</returns>
    internal static int WriteValue(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        int at = 0;
        while (!value.IsEmpty)
        {
            byte first = value[0];
            if (first is (byte)'\\' or (byte)'"')
            {
                destination[at++] = (byte)'\\';
                destination[at++] = first;
                value = value[1..];
            }
            else if (first == (byte)'\n')
            {
                destination[at++] = (byte)'\\';
                destination[at++] = (byte)'n';
                value = value[1..];
            }
            else if (first is >= 0x20 and < 0x7F)
            {
                destination[at++] = first;
                value = value[1..];
            }
            else
            {
                bool isValid = Rune.DecodeFromUtf8(value, out Rune rune, out int length) == System.Buffers.OperationStatus.Done && !Rune.IsControl(rune);
                at += (isValid ? rune : Rune.ReplacementChar).EncodeToUtf8(destination[at..]);
                value = value[length..];
            }
        }

        return at;
    }

    /// <summary>Writes an integer that is shifted by some decimal places, without trailing zeros: 2260804284 and 9 give 2.260804284.</summary>
    internal static int WriteDecimal(long value, int decimals, Span<byte> destination)
    {
        int at = 0;
        if (decimals > 0 && value < 0)
        {
            // -long.MinValue does not fit, and no kernel time is that old.
            destination[at++] = (byte)'-';
            value = value == long.MinValue ? long.MaxValue : -value;
        }

        (long whole, long fraction) = Math.DivRem(value, Powers[decimals]);
        Utf8Formatter.TryFormat(whole, destination[at..], out int digits);
        at += digits;
        if (fraction == 0) return at;
        destination[at++] = (byte)'.';
        for (long place = Powers[decimals - 1]; fraction > 0; place /= 10)
        {
            (long digit, fraction) = Math.DivRem(fraction, place);
            destination[at++] = (byte)('0' + digit);
        }

        return at;
    }

    /// <summary>A label name made from a text: each character other than an ASCII letter, digit or underscore becomes an underscore.</summary>
    internal static string LabelName(string prefix, string text)
    {
        var name = new StringBuilder(prefix);
        foreach (Rune rune in text.EnumerateRunes()) name.Append(rune.IsAscii && (Rune.IsLetterOrDigit(rune) || rune.Value == '_') ? (char)rune.Value : '_');
        return name.ToString();
    }
}
