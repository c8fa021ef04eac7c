namespace NsCollector.Deliver.Spool;

/// <summary>The bounds of what waits for one server: age, bytes on disk, bytes in memory, files. The oldest goes first.</summary>
/// <param name="options">The section <c>[spool]</c>.</param>
/// <param name="maxMemoryBytes">How many compressed bytes may wait in memory.</param>
internal sealed class SpoolBounds(SpoolOptions options, long maxMemoryBytes)
{
    /// <summary>How many compressed bytes may wait in memory.</summary>
    internal long MaxMemoryBytes => maxMemoryBytes;

    /// <summary>The parcel to give up next; null where all bounds are kept.</summary>
    internal SpoolEntry? Excess(SpoolLanes lanes, long nowMs) =>
        TooOld(lanes, nowMs) ??
        (lanes.DiskBytes > options.MaxBytes ? lanes.OldestOnDisk : null) ??
        (lanes.MemoryBytes > maxMemoryBytes ? lanes.OldestInMemory : null) ??
        (lanes.Count > options.MaxFiles ? lanes.Oldest : null);

    /// <summary>The oldest, where it has waited for longer than it may.</summary>
    internal SpoolEntry? TooOld(SpoolLanes lanes, long nowMs) =>
        options.MaxAge > TimeSpan.Zero && lanes.Oldest is { } oldest && oldest.CollectedMs < nowMs - (long)options.MaxAge.TotalMilliseconds ? oldest : null;
}
