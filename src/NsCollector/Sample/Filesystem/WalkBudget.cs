namespace NsCollector.Sample.Filesystem;

/// <summary>Limits the CPU time of walks: after each slice of work, the thread pauses until it is within its share.</summary>
/// <param name="percent">Maximum percent of one core; 0: no walks.</param>
internal sealed class WalkBudget(double percent)
{
    /// <summary>CPU time of a slice, in nanoseconds; a system call in progress is completed.</summary>
    internal const long SliceNs = 2_000_000;

    /// <summary>
    /// Time of a slice on the monotonic clock, in nanoseconds. It is far below <see cref="DiskThread.HangNs"/>, because on a busy
    /// disk many calls of a slice may wait without hanging.
    /// </summary>
    internal const long SliceElapsedNs = 1_000_000_000;

    private long _notBeforeNs, _pauseCpuNs;

    /// <summary>Whether walks are off.</summary>
    internal bool IsOff { get; } = percent <= 0;

    /// <summary>Remaining time of the pause, in nanoseconds; 0 if the next slice may begin.</summary>
    internal long PauseNs(long nowNs) => Math.Max(0, _notBeforeNs - nowNs);

    /// <summary>Adds the CPU time that a pause has used for waking up. The next slice pays for it.</summary>
    internal void ChargePause(long cpuNs) => _pauseCpuNs += cpuNs;

    /// <summary>Records that a slice has ended.</summary>
    /// <param name="beganNs">When it began, on the monotonic clock.</param>
    /// <param name="cpuNs">The CPU time that it has used, in nanoseconds.</param>
    /// <returns>The CPU time of the slice and of the pauses before it, in nanoseconds.</returns>
    internal long Charge(long beganNs, long cpuNs)
    {
        cpuNs += _pauseCpuNs;
        _pauseCpuNs = 0;
        _notBeforeNs = beganNs + (long)(cpuNs * (100 / percent));
        return cpuNs;
    }
}
