using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>The readings of one OOM kill. The object is reused for the next one.</summary>
internal sealed class OomSample
{
    /// <summary>When the kill was seen: nanoseconds since the epoch.</summary>
    public long TimestampNs { get; internal set; }

    /// <summary>How many processes were killed, and the memory counters at that moment.</summary>
    public ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Oom);
}
