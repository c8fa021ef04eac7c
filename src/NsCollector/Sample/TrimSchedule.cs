namespace NsCollector.Sample;

/// <summary>
/// When to return the garbage of container discovery to the kernel: after the first cycle that allocates almost nothing
/// after one that allocated a lot, at most every ten minutes. Pure: the caller passes the time and the bytes.
/// </summary>
internal sealed class TrimSchedule
{
    /// <summary>
    /// Minimum time between two collections. A collection moves the whole heap and stops every thread. Without a minimum it
    /// would run after every second cycle on a host that often starts containers.
    /// </summary>
    internal const long MinIntervalNs = 600_000_000_000;

    // Less than this in a cycle: a name read again, or one or two new containers. More: many containers are starting.
    private const long SteadyBytes = 256 * 1024;

    private bool _trimmed;
    private long _allocatedBytes;
    private long _notBeforeNs = long.MinValue;

    /// <summary>Whether to collect now. Call it after each cycle.</summary>
    /// <param name="allocatedBytes">Bytes allocated since the start.</param>
    /// <param name="monotonicNs">Now, on the monotonic clock.</param>
    internal bool IsDue(long allocatedBytes, long monotonicNs)
    {
        bool steady = allocatedBytes - _allocatedBytes < SteadyBytes;
        _allocatedBytes = allocatedBytes;
        if (!steady) _trimmed = false;
        if (!steady || _trimmed || monotonicNs < _notBeforeNs) return false;
        _trimmed = true;
        _notBeforeNs = monotonicNs + MinIntervalNs;
        return true;
    }
}
