using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>The readings of one exit. The object is reused; Encode reads it on the sampling thread before the next exit.</summary>
internal sealed class ExitSample
{
    /// <summary>When the container exited: nanoseconds since the epoch.</summary>
    public long TimestampNs { get; internal set; }

    /// <summary>The exit status and the totals; <see cref="Reading.ExitFinal"/> and <see cref="Reading.ExitNetworkFinal"/> are 1 or 0.</summary>
    public ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Exit);

    /// <summary>Whether any total of its cgroup was read after the exit; else all totals are those of the last sample.</summary>
    internal bool WasRead { get; set; }
}
