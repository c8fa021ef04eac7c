namespace NsCollector.Sample.Filesystem;

/// <summary>How much CPU time walks of directories may use: after each slice of work, the thread pauses until its share of the time is right.</summary>
/// <param name="percent">Of one core; 0: there are no walks.</param>
internal sealed class WalkBudget(double percent)
{
    /// <summary>CPU time of a slice, in nanoseconds; a system call in progress is completed.</summary>
    internal const long SliceNs = 2_000_000;

    /// <summary>
    /// Time of a slice on the monotonic clock, in nanoseconds. It is far below <see cref="DiskThread.HangNs"/>: on a busy disk a slice
    /// has many calls that each wait, and none that hangs.
    /// </summary>
    internal const long SliceElapsedNs = 1_000_000_000;

    private long _notBeforeNs;

    /// <summary>Whether there are no walks.</summary>
    internal bool IsOff { get; } = percent <= 0;

    /// <summary>How long the pause still takes, in nanoseconds; 0 if the next slice may begin.</summary>
    internal long PauseNs(long nowNs) => Math.Max(0, _notBeforeNs - nowNs);

    /// <summary>A slice has ended.</summary>
    /// <param name="beganNs">When it began, on the monotonic clock.</param>
    /// <param name="cpuNs">The CPU time that it has used.</param>
    internal void Charge(long beganNs, long cpuNs) => _notBeforeNs = beganNs + (long)(cpuNs * (100 / percent));
}
