namespace NsCollector.Deliver.Spool;

/// <summary>The section <c>[spool]</c>: what waits on disk until a server has taken it. Immutable; validated by Host.</summary>
internal sealed record SpoolOptions
{
    /// <summary>Whether there is one; without, what waits is held in memory only.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The directory; each sink has one of its own below it.</summary>
    public string Path { get; init; } = "";

    /// <summary>When files are made durable.</summary>
    public SpoolSync Sync { get; init; } = SpoolSync.Always;

    /// <summary>With <see cref="SpoolSync.Interval"/>: how often.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many bytes one sink's files may have; past it the oldest go.</summary>
    public long MaxBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>How many files one sink may have; past it the oldest go.</summary>
    public int MaxFiles { get; init; } = 100_000;

    /// <summary>How long a file may wait; older ones go. Zero: no bound.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How many bytes of lines, uncompressed, a file and so a request may have.</summary>
    public int FileBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How many damaged files are kept for looking at.</summary>
    public int KeepDamaged { get; init; } = 16;
}
