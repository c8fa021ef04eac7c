using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>What is known of a container that has ended. Filled anew for each; Encode reads it on the sampling thread before the next one.</summary>
internal sealed class ExitSample
{
    /// <summary>When it ended: nanoseconds since the epoch.</summary>
    public long TimestampNs { get; internal set; }

    /// <summary>How it ended and its last totals; <see cref="Reading.ExitFinal"/> and <see cref="Reading.ExitNetworkFinal"/> are 1 or 0.</summary>
    public ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Exit);

    /// <summary>Whether any of its cgroup's totals was read after its end; else all that are there are those of its last sample.</summary>
    internal bool WasRead { get; set; }
}
