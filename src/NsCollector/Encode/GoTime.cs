using System.Globalization;
using System.Text.Json;

namespace NsCollector.Encode;

/// <summary>
/// Times in the format of Go's time.RFC3339Nano (RFC 3339 with up to nine decimals), as Docker's files and the answers of Docker's and
/// cAdvisor's API have them.
/// </summary>
internal static class GoTime
{
    /// <summary>Go's zero time: the event has not happened, or its time is not known.</summary>
    internal const string Zero = "0001-01-01T00:00:00Z";

    private const long SecondNs = 1_000_000_000;
    private const int MaxLength = 30;

    /// <summary>Reads a time.</summary>
    /// <returns>Nanoseconds since the epoch; 0 for Go's zero time, for a time before 1970 or after 2200, and for anything else.</returns>
    internal static long Parse(string? text)
    {
        if (text is null or { Length: < 20 or > 40 }) return 0;
        long fractionNs = 0;
        int end = 19;
        if (text[19] == '.')
        {
            long unit = SecondNs;
            for (end = 20; end < text.Length && char.IsAsciiDigit(text[end]); end++)
            {
                unit /= 10;
                fractionNs += (text[end] - '0') * unit;
            }
        }

        return end < text.Length && DateTimeOffset.TryParseExact(text[..19] + text[end..], "yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            && time.Year is >= 1970 and <= 2200
            ? Math.Max(0, (time.ToUnixTimeSeconds() * SecondNs) + fractionNs)
            : 0;
    }

    /// <summary>A time in UTC, without zeros at the end of its decimals.</summary>
    /// <param name="ns">Nanoseconds since the epoch; 0 for Go's zero time.</param>
    internal static string Text(long ns)
    {
        Span<char> text = stackalloc char[MaxLength];
        return new string(text[..Format(ns, text)]);
    }

    /// <summary>Writes a property with a time. Allocates nothing.</summary>
    /// <param name="json">Receives it.</param>
    /// <param name="key">The key.</param>
    /// <param name="ns">Nanoseconds since the epoch; null or 0 for Go's zero time.</param>
    internal static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> key, long? ns)
    {
        Span<char> text = stackalloc char[MaxLength];
        json.WriteString(key, text[..Format(ns ?? 0, text)]);
    }

    private static int Format(long ns, Span<char> text)
    {
        if (ns <= 0)
        {
            Zero.CopyTo(text);
            return Zero.Length;
        }

        DateTime.UnixEpoch.AddSeconds(ns / SecondNs).TryFormat(text, out int length, "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        if (ns % SecondNs is > 0 and long fraction)
        {
            text[length++] = '.';
            fraction.TryFormat(text[length..], out int digits, "D9", CultureInfo.InvariantCulture);
            length += digits;
            while (text[length - 1] == '0') length--;
        }

        text[length++] = 'Z';
        return length;
    }
}
