using System.Globalization;
using System.Text.Json;

namespace NsCollector.Serve.Docker;

/// <summary>Writes times as Go's encoding/json does: RFC 3339 in UTC, nanoseconds without trailing zeros. A time that is not known is the year 1.</summary>
internal static class GoTime
{
    private const int NanosecondsPerTick = 100;

    /// <summary>The text of a time that is not known.</summary>
    internal const string Zero = "0001-01-01T00:00:00Z";

    /// <summary>The text of a time.</summary>
    /// <param name="epochNs">Nanoseconds since the epoch; 0 or less if it is not known.</param>
    internal static string Text(long epochNs)
    {
        if (epochNs <= 0) return Zero;
        (long seconds, long nanoseconds) = Math.DivRem(epochNs, 1_000_000_000);
        string text = DateTime.UnixEpoch.AddTicks(seconds * (1_000_000_000 / NanosecondsPerTick)).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        string fraction = nanoseconds == 0 ? "" : "." + nanoseconds.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return text + fraction + "Z";
    }

    /// <summary>Writes a property.</summary>
    internal static void Write(Utf8JsonWriter writer, string name, long epochNs) => writer.WriteString(name, Text(epochNs));
}
