namespace NsCollector.Deliver.Spool;

/// <summary>One parcel of lines that waits for a server: a spool file, or, where the disk refused it, its bytes in memory.</summary>
internal sealed class SpoolEntry
{
    /// <summary>What it holds, and the name of its file.</summary>
    internal required SpoolFileName Name { get; set; }

    /// <summary>Its size, compressed.</summary>
    internal required int CompressedBytes { get; init; }

    /// <summary>When it was collected, in milliseconds of the monotonic clock (Environment.TickCount64); negative for what is older than the machine's start.</summary>
    internal required long CollectedMs { get; init; }

    /// <summary>Its place in the order of <see cref="SpoolLanes"/>.</summary>
    internal long Rank { get; set; }

    /// <summary>Where it waits; null while it is sent, and once it is forgotten.</summary>
    internal SpoolLanes.Lane? Lane { get; set; }

    /// <summary>Its bytes where it is not on disk. It does not change while the parcel is in a lane, but by <see cref="SpoolLanes.TryMoveToDisk"/>.</summary>
    internal byte[]? Memory { get; set; }

    /// <summary>How many bytes of its lines, from the first, the server has taken or refused for good: they are not sent again.</summary>
    internal int AcknowledgedBytes { get; set; }

    /// <summary>How many points these are.</summary>
    internal int AcknowledgedPoints { get; set; }

    /// <summary>How often the server refused it without saying that a line is to blame.</summary>
    internal int Refusals { get; set; }

    /// <summary>With <see cref="Refusals"/>: how many points the sink had sent at the first.</summary>
    internal long SentAtFirstRefusal { get; set; }

    /// <summary>How often its file could not be read.</summary>
    internal int ReadFailures { get; set; }

    /// <summary>With <see cref="ReadFailures"/>: how many files the sender had read at the first.</summary>
    internal long FilesReadAtFirstFailure { get; set; }

    /// <summary>How many points are not settled.</summary>
    internal int UnacknowledgedPoints => Name.Points - AcknowledgedPoints;

    /// <summary>How many bytes of lines are not settled.</summary>
    internal int UnacknowledgedBytes => Name.LineBytes - AcknowledgedBytes;

    /// <summary>The parcel that a former run left in a file.</summary>
    internal static SpoolEntry Of(SpoolFile file, long nowMs, DateTime utcNow)
    {
        // A clock that was set back must not make files older than they are, nor one set forward younger than now.
        long ageMs = (long)Math.Max(0, (utcNow - file.ModifiedUtc).TotalMilliseconds);
        return new SpoolEntry { Name = file.Name, CompressedBytes = (int)Math.Min(int.MaxValue, file.FileBytes), CollectedMs = nowMs - ageMs };
    }
}
