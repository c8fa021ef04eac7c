namespace NsCollector.Sample;

/// <summary>
/// Decides which flush between two cycles also ends what sinks gather (a spool file): at most one a second, and one within
/// a second after a flush that did not. Pure: the caller passes the time.
/// </summary>
internal sealed class FlushSchedule
{
    /// <summary>Minimum time from one end to the next.</summary>
    internal const long MinIntervalNs = 1_000_000_000;

    private long _lastEndNs;

    /// <summary>When the next end is due, on the monotonic clock; <see cref="long.MaxValue"/> if none is.</summary>
    internal long DueNs { get; private set; } = long.MaxValue;

    /// <summary>Decides for a flush at this time.</summary>
    /// <returns>Whether it is also an end.</returns>
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

    /// <summary>Everything flushed so far has ended, as at the end of a cycle.</summary>
    internal void Ended(long monotonicNs)
    {
        _lastEndNs = monotonicNs;
        DueNs = long.MaxValue;
    }
}
