using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>
/// CLOCK_BOOTTIME, by which the kernel says when a process started, and its offset to the wall clock. Setting the wall
/// clock changes no duration. The offset is constant until the clock is set (adjusting its rate changes both clocks), and is
/// measured again only then. For one thread; allocates nothing after its creation.
/// </summary>
internal sealed class BootClock : IDisposable
{
    /// <summary>How often the clocks are compared. Each comparison gives bounds of the offset; all together about 10 ns.</summary>
    private const int Comparisons = 32;

    private const int MaxMeasurements = 3;

    /// <summary>From this difference on, the offset is measured again without a notification, in nanoseconds: some sandboxes have none.</summary>
    private const long UnnoticedNs = 1_000_000_000;

    private readonly Func<long> _realtimeNs;
    private readonly Func<long> _boottimeNs;
    private readonly Func<bool> _wasSet;
    private int _timer;
    private long _offsetNs;

    /// <summary>The clocks of the host. Holds one descriptor, a timerfd(2).</summary>
    internal BootClock()
    {
        _realtimeNs = () => Libc.ClockGettime(Libc.CLOCK_REALTIME);
        _boottimeNs = () => Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
        _timer = Libc.TimerfdCreate();
        if (_timer >= 0) Libc.TimerfdWaitForClockSet(_timer);
        _wasSet = WasSet;
        Measure();
    }

    /// <summary>Other clocks, for tests.</summary>
    /// <param name="realtimeNs">The wall clock, in nanoseconds since the epoch.</param>
    /// <param name="boottimeNs">The time since boot, in nanoseconds.</param>
    /// <param name="wasSet">Whether the wall clock was set since the last call.</param>
    internal BootClock(Func<long> realtimeNs, Func<long> boottimeNs, Func<bool> wasSet)
    {
        _timer = -1;
        _realtimeNs = realtimeNs;
        _boottimeNs = boottimeNs;
        _wasSet = wasSet;
        Measure();
    }

    /// <summary>
    /// Nanoseconds in a tick of USER_HZ (sysconf(_SC_CLK_TCK), 100 Hz): the unit in which /proc/PID/stat says when a process started.
    /// </summary>
    internal static long TickNs { get; } = 1_000_000_000L / Math.Max(1, (long)Libc.Sysconf(Libc._SC_CLK_TCK));

    /// <summary>The time since boot, in nanoseconds.</summary>
    internal long NowNs() => _boottimeNs();

    /// <summary>Measures the offset again if the wall clock was set. One system call if not.</summary>
    internal void Refresh()
    {
        if (_wasSet() || Math.Abs(_realtimeNs() - _boottimeNs() - _offsetNs) >= UnnoticedNs) Measure();
    }

    /// <summary>
    /// When something happened by the wall clock as it is set now: nanoseconds since the epoch, rounded to <see cref="TickNs"/>,
    /// so that any two agents tell the same for one process.
    /// </summary>
    /// <param name="boottimeNs">When it happened, in nanoseconds since boot.</param>
    internal long EpochNsOf(long boottimeNs) => (boottimeNs + _offsetNs + (TickNs / 2)) / TickNs * TickNs;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_timer >= 0) Libc.Close(_timer);
        _timer = -1;
    }

    private bool WasSet()
    {
        // Without the timer there is no notification.
        if (_timer < 0) return true;
        Span<byte> expirations = stackalloc byte[8];
        if (Libc.Read(_timer, expirations) != -Errno.ECANCELED) return false;

        // Before the offset is measured: a set clock in between is noticed next time.
        Libc.TimerfdWaitForClockSet(_timer);
        return true;
    }

    private void Measure()
    {
        for (int measurement = 0; measurement < MaxMeasurements; measurement++)
        {
            long atLeast = long.MinValue, atMost = long.MaxValue;
            for (int i = 0; i < Comparisons; i++)
            {
                long before = _realtimeNs(), boottime = _boottimeNs(), after = _realtimeNs();
                atLeast = Math.Max(atLeast, before - boottime);
                atMost = Math.Min(atMost, after - boottime);
            }

            // If the bounds contradict each other, the clock was set meanwhile.
            _offsetNs = atLeast + ((atMost - atLeast) / 2);
            if (atLeast <= atMost) return;
        }
    }
}
