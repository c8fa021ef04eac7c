namespace NsCollector.Deliver.Spool;

/// <summary>The section <c>[spool]</c>: the spool files on disk. Immutable; validated by Host.</summary>
internal sealed record SpoolOptions
{
    /// <summary>Whether there is a spool; without one, lines wait in memory only.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The directory; each sink has a subdirectory.</summary>
    public string Path { get; init; } = "";

    /// <summary>When files are synced to disk.</summary>
    public SpoolSync Sync { get; init; } = SpoolSync.Always;

    /// <summary>With <see cref="SpoolSync.Interval"/>: time between two syncs.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Maximum compressed bytes of one sink's files; above it the oldest are dropped.</summary>
    public long MaxBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>Maximum files of one sink; above it the oldest are dropped.</summary>
    public int MaxFiles { get; init; } = 100_000;

    /// <summary>Maximum age of a file; older ones are dropped. Zero: no limit.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Maximum uncompressed bytes of lines in a file, and so in a request.</summary>
    public int FileBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Number of damaged files to keep.</summary>
    public int KeepDamaged { get; init; } = 16;
}
