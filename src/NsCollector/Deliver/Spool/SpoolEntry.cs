namespace NsCollector.Deliver.Spool;

/// <summary>A spool file that waits for a server; in memory if it could not be written to disk.</summary>
internal sealed class SpoolEntry
{
    /// <summary>The name of its file, which describes its content.</summary>
    internal required SpoolFileName Name { get; set; }

    /// <summary>Its compressed size in bytes.</summary>
    internal required int CompressedBytes { get; init; }

    /// <summary>When it was collected, in milliseconds of the monotonic clock (Environment.TickCount64); negative if it is older than the boot of the host.</summary>
    internal required long CollectedMs { get; init; }

    /// <summary>Its place in the order of <see cref="SpoolLanes"/>.</summary>
    internal long Rank { get; set; }

    /// <summary>The lane in which it waits; null while it is in flight and after it has left the queue.</summary>
    internal SpoolLanes.Lane? Lane { get; set; }

    /// <summary>Its bytes if it is not on disk. While it is in a lane, only <see cref="SpoolLanes.TryMoveToDisk"/> changes it.</summary>
    internal byte[]? Memory { get; set; }

    /// <summary>Bytes of its first lines that the server has stored or permanently refused; they are not sent again.</summary>
    internal int AcknowledgedBytes { get; set; }

    /// <summary>The number of points in these bytes.</summary>
    internal int AcknowledgedPoints { get; set; }

    /// <summary>How often the server refused it without blaming a line.</summary>
    internal int Refusals { get; set; }

    /// <summary>How many times the server answered it with status 500.</summary>
    internal int ServerFailures { get; set; }

    /// <summary>With <see cref="Refusals"/>: points that the sink had sent at the first refusal.</summary>
    internal long SentAtFirstRefusal { get; set; }

    /// <summary>How often its file could not be read.</summary>
    internal int ReadFailures { get; set; }

    /// <summary>With <see cref="ReadFailures"/>: files that the sender had read at the first failure.</summary>
    internal long FilesReadAtFirstFailure { get; set; }

    /// <summary>The number of points that are not acknowledged.</summary>
    internal int UnacknowledgedPoints => Name.Points - AcknowledgedPoints;

    /// <summary>The bytes of lines that are not acknowledged.</summary>
    internal int UnacknowledgedBytes => Name.LineBytes - AcknowledgedBytes;

    /// <summary>The entry for a file from an earlier run.</summary>
    internal static SpoolEntry Of(SpoolFile file, long nowMs, DateTime utcNow)
    {
        // If the clock was set back, a file can have a time in the future; its age is then 0.
        long ageMs = (long)Math.Max(0, (utcNow - file.ModifiedUtc).TotalMilliseconds);
        return new SpoolEntry { Name = file.Name, CompressedBytes = (int)Math.Min(int.MaxValue, file.FileBytes), CollectedMs = nowMs - ageMs };
    }
}
