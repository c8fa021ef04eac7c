using NsCollector.Catalogue;

namespace NsCollector.Sample.Events;

/// <summary>The readings of OOM kills of one container. The object is reused for the next one.</summary>
internal sealed class OomSample
{
    /// <summary>When the kill was seen: nanoseconds since the epoch.</summary>
    public long TimestampNs { get; internal set; }

    /// <summary>Number of killed processes, the memory counters at that moment, and the numeric fields of the victim.</summary>
    public ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Oom);

    /// <summary>The victim's name, and the limit that was reached.</summary>
    public EventTexts Texts { get; } = new();

    /// <summary>A copy, without a victim, that the next OOM kill does not overwrite.</summary>
    internal OomSample Copy()
    {
        var copy = new OomSample { TimestampNs = TimestampNs };
        copy.Readings.SetAll(Readings);
        return copy;
    }
}
