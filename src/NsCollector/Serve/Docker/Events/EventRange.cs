using System.Globalization;

namespace NsCollector.Serve.Docker.Events;

/// <summary>The times of the events that a client asks for.</summary>
/// <param name="SinceNs">From when on; null: only events to come.</param>
/// <param name="UntilNs">Until when; null: without end.</param>
internal readonly record struct EventRange(long? SinceNs, long? UntilNs)
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Parses the parameters since and until: seconds since the epoch, with up to nine decimals.</summary>
    /// <param name="request">The request.</param>
    /// <param name="range">The times.</param>
    /// <returns>The reason of a refusal; null on success.</returns>
    internal static string? Parse(DockerRequest request, out EventRange range)
    {
        range = default;
        string since = request.Query["since"], until = request.Query["until"];
        if (!TryParse(since, out long? sinceNs)) return $"parameter since is not a number of seconds: {since}";
        if (!TryParse(until, out long? untilNs)) return $"parameter until is not a number of seconds: {until}";
        range = new EventRange(sinceNs, untilNs);
        return untilNs < sinceNs ? $"`since` time ({since}) cannot be after `until` time ({until})" : null;
    }

    /// <summary>Whether an event is in the range.</summary>
    internal bool Contains(DockerEvent happened) => !(happened.TimeNs < SinceNs) && !(happened.TimeNs > UntilNs);

    private static bool TryParse(string text, out long? epochNs)
    {
        epochNs = null;
        if (text.Length == 0) return true;
        int point = text.IndexOf('.', StringComparison.Ordinal);
        ReadOnlySpan<char> whole = point < 0 ? text : text.AsSpan(0, point);
        if (!long.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) || seconds > long.MaxValue / NanosecondsPerSecond - 1) return false;
        long nanoseconds = 0;
        if (point >= 0)
        {
            string decimals = text[(point + 1)..];
            if (decimals.Length > 9 || !long.TryParse(decimals.PadRight(9, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out nanoseconds)) return false;
        }

        // Also for 0: programs ask for all events that are kept with since=0.
        epochNs = (seconds * NanosecondsPerSecond) + nanoseconds;
        return true;
    }
}
