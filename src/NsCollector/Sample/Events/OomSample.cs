using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>What was read of a container when processes of it were killed for lack of memory. Filled anew for each.</summary>
internal sealed class OomSample
{
    /// <summary>When that was seen: nanoseconds since the epoch.</summary>
    public long TimestampNs { get; internal set; }

    /// <summary>How many were killed, and its memory at that moment.</summary>
    public ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Oom);
}
