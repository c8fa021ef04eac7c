namespace NsCollector.Sample.Peaks;

/// <summary>
/// The highest share of throttled enforcement periods of a container, in percent, over windows of at least
/// <see cref="MinPeriods"/> periods: one period alone is throttled or not, 0 or 100.
/// </summary>
/// <remarks>The kernel counts periods only while the container runs, so a window can last longer than its periods.</remarks>
internal struct ThrottlingWindow
{
    /// <summary>The fewest periods of a window.</summary>
    internal const int MinPeriods = 10;

    private long _startPeriods;
    private long _startThrottled;
    private Highest _highest;
    private bool _isOpen;

    /// <summary>Ends the window if it has enough periods by now, and begins the next one.</summary>
    /// <param name="periods">Periods so far. If one of the counts is less than before, they have begun again, and the window has no value.</param>
    /// <param name="throttled">Those in which the container was throttled.</param>
    internal void Look(long periods, long throttled)
    {
        bool isCurrent = _isOpen && periods >= _startPeriods && throttled >= _startThrottled;
        if (isCurrent && periods - _startPeriods < MinPeriods) return;
        End(periods, throttled);
    }

    /// <summary>Ends the window, whose share counts only if it has enough periods, and begins the next one.</summary>
    /// <inheritdoc cref="Look"/>
    internal void End(long periods, long throttled)
    {
        long elapsed = periods - _startPeriods, within = throttled - _startThrottled;
        if (_isOpen && elapsed >= MinPeriods && within >= 0)
        {
            // The kernel counts a period before it counts whether it was throttled, and the file can be read in between.
            _highest.Add(Math.Min(100.0, 100.0 * within / elapsed));
        }

        _isOpen = true;
        _startPeriods = periods;
        _startThrottled = throttled;
    }

    /// <summary>Returns the highest share since the last call and forgets it. The open window goes on.</summary>
    /// <returns>False if no window has ended since.</returns>
    internal bool TryTakeMax(out double percent) => _highest.TryTake(out percent);

    /// <summary>Abandons the open window: its counters can no longer be read, or are other ones from now on.</summary>
    internal void Abandon() => _isOpen = false;
}
