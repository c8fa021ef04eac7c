namespace NsCollector.Sample;

/// <summary>
/// Which flush between two cycles also closes what sinks gather (a file of a spool: compressed, synced, posted): at most one
/// a second, and one within a second after the last that did not. Pure: it is told the time.
/// </summary>
internal sealed class FlushSchedule
{
    /// <summary>From one such end to the next at the least.</summary>
    internal const long MinIntervalNs = 1_000_000_000;

    private long _lastEndNs;

    /// <summary>When what was flushed is to be closed; <see cref="long.MaxValue"/> where nothing waits for that. On the monotonic clock.</summary>
    internal long DueNs { get; private set; } = long.MaxValue;

    /// <summary>Something is being flushed.</summary>
    /// <returns>Whether that is also an end.</returns>
    internal bool IsEnd(long monotonicNs)
    {
        if (_lastEndNs == 0 || monotonicNs - _lastEndNs >= MinIntervalNs)
        {
            Ended(monotonicNs);
            return true;
        }

        DueNs = _lastEndNs + MinIntervalNs;
        return false;
    }

    /// <summary>Whatever was flushed is closed now: a cycle has ended.</summary>
    internal void Ended(long monotonicNs)
    {
        _lastEndNs = monotonicNs;
        DueNs = long.MaxValue;
    }
}
