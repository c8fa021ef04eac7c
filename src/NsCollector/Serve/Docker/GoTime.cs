using System.Globalization;
using System.Text.Json;

namespace NsCollector.Serve.Docker;

/// <summary>Times in the format of Go (RFC 3339 with up to nine decimals), as Docker's files and answers have them.</summary>
internal static class GoTime
{
    /// <summary>Go's zero time: the event has not happened.</summary>
    internal const string Zero = "0001-01-01T00:00:00Z";

    private const long SecondNs = 1_000_000_000;

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

    /// <summary>Writes a time as Go does: in UTC, without zeros at the end of its decimals.</summary>
    /// <param name="ns">Nanoseconds since the epoch; 0 for Go's zero time.</param>
    internal static string Text(long ns)
    {
        if (ns <= 0) return Zero;
        string seconds = DateTimeOffset.FromUnixTimeSeconds(ns / SecondNs).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        string decimals = (ns % SecondNs).ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return decimals.Length == 0 ? seconds + "Z" : $"{seconds}.{decimals}Z";
    }

    /// <summary>Writes a property with a time.</summary>
    internal static void Write(Utf8JsonWriter writer, string name, long ns) => writer.WriteString(name, Text(ns));
}
