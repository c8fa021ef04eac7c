namespace NsCollector.Deliver.File;

/// <summary>One <c>[file:NAME]</c> section. Immutable; validated by Host.</summary>
internal sealed record FileSinkOptions : SinkOptions
{
    /// <summary>The file; <c>-</c> is standard output.</summary>
    public required string Path { get; init; }

    /// <summary>The permission bits of a new file.</summary>
    public int Mode { get; init; } = 0b110_100_000; // 0640

    /// <summary>The owner of a new file; null leaves it unchanged.</summary>
    public string? Owner { get; init; }

    /// <summary>The group of a new file; null leaves it unchanged.</summary>
    public string? Group { get; init; }

    /// <summary>A file that the next cycle would make larger than this many bytes is rotated first; 0 means never by size.</summary>
    public long RotateBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>A file older than this is rotated; zero means never by age.</summary>
    public TimeSpan RotateAge { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// How long a file is not written to before it is rotated, so that tailers have read it to its end; zero means rotation at once.
    /// </summary>
    public TimeSpan RotateQuiet { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many rotated files are kept.</summary>
    public int RotateKeep { get; init; } = 5;

    /// <summary>Whether rotated files are compressed.</summary>
    public bool RotateGzip { get; init; }

    /// <summary>Maximum bytes queued; above it the oldest batch is dropped.</summary>
    public long QueueBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Time from a failure to the next attempt.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);
}
