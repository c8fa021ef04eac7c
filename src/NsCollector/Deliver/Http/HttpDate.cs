using System.Globalization;

namespace NsCollector.Deliver.Http;

/// <summary>Reads the times in headers of a response.</summary>
internal static class HttpDate
{
    private const long MaxSeconds = 366 * 24 * 60 * 60;

    /// <summary>A delay: seconds or a date (Retry-After, RFC 9110 10.2.3); zero if the date has passed, null if there is none.</summary>
    internal static TimeSpan? TryReadDelay(string text, DateTimeOffset now)
    {
        text = text.Trim();
        if (text.Length == 0) return null;
        if (text.All(char.IsAsciiDigit))
        {
            // Too many digits for a number are also a long time; the caller limits it.
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds < MaxSeconds
                ? TimeSpan.FromSeconds(seconds)
                : TimeSpan.FromSeconds(MaxSeconds);
        }

        if (TryRead(text) is not { } date) return null;
        return date > now ? date - now : TimeSpan.Zero;
    }

    /// <summary>A date in the form IMF-fixdate, the only one still in use; null if it is none.</summary>
    internal static DateTimeOffset? TryRead(string text) =>
        DateTimeOffset.TryParseExact(text.Trim(), "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date) ? date : null;
}
