namespace NsCollector.Encode.LineProtocol;

/// <summary>
/// The timestamps of events. A second point of a series with the same timestamp would overwrite the first in the database, so it gets
/// a timestamp one nanosecond later. Only events can have equal timestamps, if the clock is coarse or was set back.
/// </summary>
internal sealed class EventTimes
{
    /// <summary>Maximum timestamps that are remembered; above it the set is cleared.</summary>
    private const int MaxTimestamps = 4096;

    private readonly HashSet<(int Series, long TimestampNs)> _times = [];

    /// <summary>A timestamp that no earlier event of the series has.</summary>
    /// <param name="measurement">The name of its measurement.</param>
    /// <param name="tags">Its tags, as they are in the line.</param>
    /// <param name="timestampNs">The time of the event.</param>
    internal long Unique(ReadOnlySpan<byte> measurement, ReadOnlySpan<byte> tags, long timestampNs)
    {
        if (_times.Count >= MaxTimestamps) _times.Clear();
        var series = default(HashCode);
        series.AddBytes(measurement);
        series.AddBytes(tags);
        int hash = series.ToHashCode();
        while (!_times.Add((hash, timestampNs))) timestampNs++;
        return timestampNs;
    }
}
