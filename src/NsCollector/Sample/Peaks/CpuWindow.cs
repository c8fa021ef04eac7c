namespace NsCollector.Sample.Peaks;

/// <summary>
/// The highest CPU usage of a container over the windows between two looks, in percent of one core. A window is as long as the
/// clock says: a late look makes it longer. Pure: the caller passes the time.
/// </summary>
internal struct CpuWindow
{
    // The counter is read somewhere between two readings of the clock. A thread that loses its processor there could make a
    // window look shorter than it was, and the usage higher.
    private const int MinElapsedToUncertainty = 50;

    private long _startUsageNs;
    private long _startNs;
    private long _startTookNs;
    private Highest _highest;
    private bool _isOpen;

    /// <summary>Ends the window with this reading and begins the next one.</summary>
    /// <param name="beforeNs">The monotonic clock right before the counter was read.</param>
    /// <param name="afterNs">The same right after it.</param>
    /// <param name="usageNs">CPU time used so far. If it is less than before, the counter has begun again, and the window has no value.</param>
    internal void Look(long beforeNs, long afterNs, long usageNs)
    {
        if (_isOpen && usageNs >= _startUsageNs)
        {
            // Too inaccurate to end here: the window goes on to the next look.
            long elapsedNs = beforeNs - _startNs, uncertaintyNs = afterNs - beforeNs + _startTookNs;
            if (elapsedNs <= 0 || uncertaintyNs > elapsedNs / MinElapsedToUncertainty) return;
            _highest.Add(100.0 * (usageNs - _startUsageNs) / elapsedNs);
        }

        _isOpen = true;
        _startUsageNs = usageNs;
        _startNs = beforeNs;
        _startTookNs = afterNs - beforeNs;
    }

    /// <summary>Returns the highest usage since the last call and forgets it. The open window goes on.</summary>
    /// <returns>False if no window has ended since.</returns>
    internal bool TryTakeMax(out double percent) => _highest.TryTake(out percent);

    /// <summary>Abandons the open window: its counter can no longer be read.</summary>
    internal void Abandon() => _isOpen = false;
}
