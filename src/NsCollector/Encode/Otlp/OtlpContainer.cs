using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample;

namespace NsCollector.Encode.Otlp;

/// <summary>What the encoder keeps of a container: its resource, built when it is new or renamed, and the start of its counters.</summary>
internal sealed class OtlpContainer
{
    // The last page faults, and those of them that were minor.
    private long _whole, _difference;

    internal OtlpContainer(Container container, EncodeOptions options, bool isDelta, OtlpContainer? before = null)
    {
        Container = container;
        Resource = OtlpResource.OfContainer(container, options, out int left);
        AttributesLeftOut = left;
        StartNs = before?.StartNs ?? container.Birth?.RealtimeNs ?? 0;
        LastNs = before?.LastNs ?? 0;
        (_whole, _difference) = (before?._whole ?? 0, before?._difference ?? 0);
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

    /// <summary>
    /// The difference of two counters, but not less than the last one. The kernel counts a major fault when it begins and the fault itself
    /// when it has ended (filemap_fault in mm/filemap.c, mm_account_fault in mm/memory.c), so during one the difference is one too small.
    /// A database would take that for a counter that began again.
    /// </summary>
    /// <param name="difference">The difference.</param>
    /// <param name="whole">The counter that the other one was subtracted from. If it has fallen, both have begun again.</param>
    internal long Monotonic(long difference, long whole)
    {
        _difference = whole < _whole ? difference : Math.Max(difference, _difference);
        _whole = whole;
        return _difference;
    }

    /// <summary>Sets <see cref="StartNs"/>, if it is not known yet.</summary>
    internal void Start(ContainerSample sample)
    {
        if (StartNs > 0) return;
        StartNs = sample.Scalars.TryGet(Reading.InfoStartedAtNs, out long startedNs) && startedNs > 0 && startedNs <= sample.TimestampNs ? startedNs : sample.TimestampNs;
    }
}
