using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample;

namespace NsCollector.Encode.Otlp;

/// <summary>What the encoder keeps of a container: its resource, built when it is new or renamed, and the start of its counters.</summary>
internal sealed class OtlpContainer
{
    internal OtlpContainer(Container container, EncodeOptions options, bool isDelta, OtlpContainer? before = null)
    {
        Container = container;
        Resource = OtlpResource.OfContainer(container, options, out int left);
        AttributesLeftOut = left;
        StartNs = before?.StartNs ?? container.Birth?.RealtimeNs ?? 0;
        LastNs = before?.LastNs ?? 0;
        Previous = before?.Previous ?? (isDelta ? new PreviousParts() : null);
    }

    internal Container Container { get; }

    /// <summary>The field resource of ResourceMetrics, encoded.</summary>
    internal byte[] Resource { get; }

    /// <summary>The number of attributes that did not fit.</summary>
    internal int AttributesLeftOut { get; }

    /// <summary>Previous values for deltas; null if all sums are cumulative.</summary>
    internal PreviousParts? Previous { get; }

    /// <summary>
    /// Since when its counters count: the creation of its cgroup, if the agent saw it, else the start of its init process as first read,
    /// else its first sample. It stays the same, because a new start means a counter that began again. 0: not known yet.
    /// </summary>
    internal long StartNs { get; private set; }

    /// <summary>The latest time of a point of its resource, in nanoseconds since the epoch; 0 if there is none.</summary>
    internal long LastNs { get; set; }

    /// <summary>Sets <see cref="StartNs"/>, if it is not known yet.</summary>
    internal void Start(ContainerSample sample)
    {
        if (StartNs > 0) return;
        StartNs = sample.Scalars.TryGet(Reading.InfoStartedAtNs, out long startedNs) && startedNs > 0 && startedNs <= sample.TimestampNs ? startedNs : sample.TimestampNs;
    }
}
