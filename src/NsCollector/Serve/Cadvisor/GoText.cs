using System.Globalization;
using System.Text;

namespace NsCollector.Serve.Cadvisor;

/// <summary>Texts in the forms of Go's packages, in which cAdvisor's clients write and read them.</summary>
internal static class GoText
{
    private static readonly string[] Units = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];

    /// <summary>A hostile text in quotes, as <c>%q</c> of fmt writes it.</summary>
    internal static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\') quoted.Append('\\').Append((char)rune.Value);
            else if (Rune.IsControl(rune)) quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
            else quoted.Append(rune);
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>Whether a text is a duration of time.ParseDuration: <c>1m30s</c>, <c>0</c>.</summary>
    internal static bool IsDuration(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart("+-");
        if (text.Length - rest.Length > 1 || rest.IsEmpty) return false;
        if (rest is "0") return true;
        while (!rest.IsEmpty)
        {
            int number = rest.IndexOfAnyExcept("0123456789.");
            if (number <= 0 || rest[..number].Count('.') > 1 || rest[..number] is ".") return false;
            rest = rest[number..];
            int end = rest.IndexOfAny("0123456789.");
            ReadOnlySpan<char> unit = end < 0 ? rest : rest[..end];
            bool isKnown = false;
            foreach (string one in Units) isKnown |= unit.SequenceEqual(one);
            if (!isKnown) return false;
            rest = rest[unit.Length..];
        }

        return true;
    }

    /// <summary>A time of RFC 3339 in nanoseconds since the epoch, as <c>time.Parse</c> accepts it. Times that do not fit into 64 bits become the nearest one that does.</summary>
    /// <param name="text">The text. Hostile.</param>
    /// <param name="ns">The time; null for Go's zero time, which means none.</param>
    /// <returns>False if it is no such time.</returns>
    internal static bool TryParseTime(string text, out long? ns)
    {
        ns = null;
        const int SecondsLength = 19;
        const long MaxSeconds = long.MaxValue / 1_000_000_000;
        if (text.Length <= SecondsLength
            || !DateTime.TryParseExact(text.AsSpan(0, SecondsLength), "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local)) return false;
        ReadOnlySpan<char> rest = text.AsSpan(SecondsLength);
        long fraction = 0;
        if (rest[0] == '.')
        {
            rest = rest[1..];
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0) return false;

            // DateTime has only steps of 100 ns.
            for (int i = 0; i < 9; i++) fraction = (fraction * 10) + (i < digits ? rest[i] - '0' : 0);
            rest = rest[digits..];
        }

        if (!TryParseZone(rest, out long zoneSeconds)) return false;
        long seconds = ((local.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond) - zoneSeconds;
        if (local.Ticks == 0 && fraction == 0 && zoneSeconds == 0) return true;
        ns = seconds >= MaxSeconds ? long.MaxValue : seconds <= -MaxSeconds ? long.MinValue : (seconds * 1_000_000_000) + fraction;
        return true;
    }

    // "Z", "+02:00"
    private static bool TryParseZone(ReadOnlySpan<char> text, out long seconds)
    {
        seconds = 0;
        if (text is "Z") return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':'
            || !int.TryParse(text[1..3], NumberStyles.None, CultureInfo.InvariantCulture, out int hours)
            || !int.TryParse(text[4..], NumberStyles.None, CultureInfo.InvariantCulture, out int minutes) || hours > 23 || minutes > 59) return false;
        seconds = ((hours * 60) + minutes) * (text[0] == '-' ? -60 : 60);
        return true;
    }

    /// <summary>A value of strconv.ParseBool; null if it is none.</summary>
    internal static bool? ParseBool(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };
}
