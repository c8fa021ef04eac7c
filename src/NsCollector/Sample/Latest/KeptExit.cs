using NsCollector.Catalogue;
using NsCollector.Discover;

namespace NsCollector.Sample.Latest;

/// <summary>The exit of a container, kept until clients with their own scrape interval have read it.</summary>
internal sealed class KeptExit
{
    private volatile bool _hasSuccessor;

    internal KeptExit(Container container, Events.ExitSample exit, long keptSinceNs)
    {
        Container = container;
        TimestampNs = exit.TimestampNs;
        KeptSinceNs = keptSinceNs;
        Readings.SetAll(exit.Readings);
    }

    /// <summary>The container.</summary>
    internal Container Container { get; }

    /// <summary>When it exited: nanoseconds since the epoch.</summary>
    internal long TimestampNs { get; }

    /// <summary>When its exit was reported, on the monotonic clock.</summary>
    internal long KeptSinceNs { get; }

    /// <summary>Its exit status and totals.</summary>
    internal ReadingSet Readings { get; } = ReadingSet.Of(SamplePart.Exit);

    /// <summary>Whether a new container has a cgroup with the same path. Any thread may call it.</summary>
    internal bool HasSuccessor
    {
        get => _hasSuccessor;
        set => _hasSuccessor = value;
    }
}
