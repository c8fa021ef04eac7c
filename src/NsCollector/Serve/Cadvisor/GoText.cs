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

    /// <summary>A time of RFC 3339 in nanoseconds since the epoch; null if it is none, or Go's zero time.</summary>
    internal static long? ParseTime(string text)
    {
        if (text.Length < 20 || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset time)) return null;

        // Years that fit into 64 bits of nanoseconds.
        return time.Year is >= 1970 and < 2200 ? (time.UtcTicks - DateTime.UnixEpoch.Ticks) * 100 : null;
    }

    /// <summary>A value of strconv.ParseBool; null if it is none.</summary>
    internal static bool? ParseBool(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };
}
