namespace NsCollector.Linux.Watch;

/// <summary>The limits of the watch. Immutable; validated by Host.</summary>
internal sealed record WatchOptions
{
    /// <summary>Maximum number of watched containers; adding another one fails with ENOSPC.</summary>
    public int MaxContainers { get; init; } = 20_000;

    /// <summary>
    /// Maximum bytes of queued records. Beyond it, texts are dropped and counted; the exit itself is still reported.
    /// </summary>
    public long BufferBytes { get; init; } = 2 << 20;

    /// <summary>Whether the thread requests real-time scheduling (SCHED_FIFO).</summary>
    public bool RealTime { get; init; } = true;

    /// <summary>Where sysfs is mounted.</summary>
    public string Sys { get; init; } = "/sys";
}
