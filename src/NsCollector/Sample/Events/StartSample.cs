using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>The readings of one start. The object is reused; Encode reads it on the sampling thread before the next start.</summary>
internal sealed class StartSample
{
    /// <summary>When the container's cgroup was created: nanoseconds since the epoch.</summary>
    public long TimestampNs { get; internal set; }

    /// <summary>The times since then.</summary>
    public ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Start);
}
