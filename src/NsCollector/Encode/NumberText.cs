using System.Buffers.Text;

namespace NsCollector.Encode;

/// <summary>Writes numbers for line protocol and Prometheus pages, without allocating.</summary>
internal static class NumberText
{
    /// <summary>Maximum bytes of a number, including its suffix.</summary>
    internal const int MaxBytes = 32;

    /// <summary>Writes <c>123i</c>.</summary>
    internal static int WriteInteger(long value, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(value, destination, out int written);
        destination[written] = (byte)'i';
        return written + 1;
    }

    /// <summary>
    /// Writes a finite number with at most six decimal places, without trailing zeros. That is precise enough for percentages and
    /// averages, and takes a tenth of the time of the shortest form that round-trips, which is used from 10^12 on.
    /// </summary>
    internal static int WriteFloat(double value, Span<byte> destination)
    {
        if (Math.Abs(value) >= 1e12)
        {
            value.TryFormat(destination, out int longForm, default, System.Globalization.CultureInfo.InvariantCulture);
            return longForm;
        }

        long millionths = (long)Math.Round(value * 1e6);
        int at = 0;
        if (millionths < 0)
        {
            destination[at++] = (byte)'-';
            millionths = -millionths;
        }

        (long whole, long fraction) = Math.DivRem(millionths, 1_000_000);
        Utf8Formatter.TryFormat(whole, destination[at..], out int digits);
        at += digits;
        if (fraction == 0) return at;

        destination[at++] = (byte)'.';
        for (long place = 100_000; fraction > 0; place /= 10)
        {
            (long digit, fraction) = Math.DivRem(fraction, place);
            destination[at++] = (byte)('0' + digit);
        }

        return at;
    }
}
