namespace NsCollector.Sample;

/// <summary>
/// When cycles begin: on absolute deadlines, an interval apart, so that delays do not add up. A deadline that passes during
/// a cycle is skipped and counted; no cycle runs to catch up. Pure: the caller passes the time.
/// </summary>
internal sealed class CycleSchedule
{
    private readonly long _intervalNs;
    private readonly bool _align;
    private readonly long _offsetNs;
    private long _deadlineNs;

    /// <summary>Creates a schedule.</summary>
    /// <param name="interval">From one deadline to the next.</param>
    /// <param name="align">Whether deadlines are multiples of the interval since the epoch, on the realtime clock.</param>
    /// <param name="offset">Delay of each deadline (the jitter drawn for this agent), less than an interval.</param>
    /// <param name="monotonicNs">Now, on the monotonic clock.</param>
    /// <param name="realtimeNs">Now, since the epoch.</param>
    public CycleSchedule(TimeSpan interval, bool align, TimeSpan offset, long monotonicNs, long realtimeNs)
    {
        _intervalNs = interval.Ticks * 100;
        _align = align;
        _offsetNs = offset.Ticks * 100 % _intervalNs;
        _deadlineNs = align ? NextAligned(monotonicNs, realtimeNs) : monotonicNs + _offsetNs;
    }

    /// <summary>When the next cycle begins, on the monotonic clock.</summary>
    public long DeadlineNs => _deadlineNs;

    /// <summary>Sets the next deadline after a cycle has ended.</summary>
    /// <param name="monotonicNs">Now, on the monotonic clock.</param>
    /// <param name="realtimeNs">Now, since the epoch; it may have jumped, and then aligned deadlines follow it.</param>
    /// <returns>How many deadlines were skipped because they had passed; normally 0.</returns>
    public long Advance(long monotonicNs, long realtimeNs)
    {
        long next = _deadlineNs + _intervalNs;
        long missed = 0;
        if (next <= monotonicNs)
        {
            missed = ((monotonicNs - next) / _intervalNs) + 1;
            next += missed * _intervalNs;
        }

        if (_align)
        {
            long aligned = NextAligned(monotonicNs, realtimeNs);
            // The realtime clock drifts against the monotonic one, so the same deadline may appear again a little later.
            // Less than half an interval after the last deadline, it is the same one.
            next = aligned - _deadlineNs < _intervalNs / 2 ? aligned + _intervalNs : aligned;
        }

        _deadlineNs = next;
        return missed;
    }

    private long NextAligned(long monotonicNs, long realtimeNs)
    {
        long since = (realtimeNs - _offsetNs) % _intervalNs;
        if (since < 0) since += _intervalNs;
        return monotonicNs + (_intervalNs - since);
    }
}
