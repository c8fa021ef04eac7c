namespace NsCollector.Deliver.Spool;

/// <summary>The limits of the spool files that wait for one server: age, bytes on disk, bytes in memory, number. The oldest are dropped first.</summary>
/// <param name="options">The section <c>[spool]</c>.</param>
/// <param name="maxMemoryBytes">Maximum compressed bytes in memory.</param>
internal sealed class SpoolBounds(SpoolOptions options, long maxMemoryBytes)
{
    /// <summary>Maximum compressed bytes in memory.</summary>
    internal long MaxMemoryBytes => maxMemoryBytes;

    /// <summary>The spool file to drop next; null if all limits are met.</summary>
    internal SpoolEntry? Excess(SpoolLanes lanes, long nowMs) =>
        TooOld(lanes, nowMs) ??
        (lanes.DiskBytes > options.MaxBytes ? lanes.OldestOnDisk : null) ??
        (lanes.MemoryBytes > maxMemoryBytes ? lanes.OldestInMemory : null) ??
        (lanes.Count > options.MaxFiles ? lanes.Oldest : null);

    /// <summary>The oldest spool file if it is older than the limit; otherwise null.</summary>
    internal SpoolEntry? TooOld(SpoolLanes lanes, long nowMs) =>
        options.MaxAge > TimeSpan.Zero && lanes.Oldest is { } oldest && oldest.CollectedMs < nowMs - (long)options.MaxAge.TotalMilliseconds ? oldest : null;
}
