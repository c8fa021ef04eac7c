namespace NsCollector.Sample;

/// <summary>
/// When what the discovery of containers left behind is given back to the kernel: in the first cycle that allocates next to
/// nothing after one that allocated much, but seldom. Pure: it is told the time and the bytes.
/// </summary>
internal sealed class SettleSchedule
{
    /// <summary>
    /// From one collection to the next at the least. It moves the whole heap and stops every thread; on a host where
    /// containers come in every other cycle it would otherwise follow each of them.
    /// </summary>
    internal const long MinIntervalNs = 600_000_000_000;

    // Less than this in a cycle is a name read again or a container or two that came; more is a host that fills up.
    private const long SteadyBytes = 256 * 1024;

    private bool _settled;
    private long _allocatedBytes;
    private long _notBeforeNs = long.MinValue;

    /// <summary>Whether to collect now. To be asked after each cycle.</summary>
    /// <param name="allocatedBytes">Bytes allocated since the start.</param>
    /// <param name="monotonicNs">Now, on the monotonic clock.</param>
    internal bool IsDue(long allocatedBytes, long monotonicNs)
    {
        bool steady = allocatedBytes - _allocatedBytes < SteadyBytes;
        _allocatedBytes = allocatedBytes;
        if (!steady) _settled = false;
        if (!steady || _settled || monotonicNs < _notBeforeNs) return false;
        _settled = true;
        _notBeforeNs = monotonicNs + MinIntervalNs;
        return true;
    }
}
