using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;

namespace NsCollector.Discover;

/// <summary>What sampling uses of discovery.</summary>
internal interface IContainerSource
{
    /// <summary>The newest list. Reading it costs a volatile read.</summary>
    ContainerList Current { get; }

    /// <summary>Declares that the caller no longer uses lists older than this generation, so their descriptors may be closed.</summary>
    /// <param name="generation">A <see cref="ContainerList.Generation"/>.</param>
    void Acknowledge(long generation);

    /// <summary>Asks for a walk soon (a container's files said ENODEV, or its init process is gone). Never blocks, may be called often.</summary>
    void RequestWalk();

    /// <summary>
    /// Dequeues the oldest event. Read <see cref="Current"/> first, then dequeue all events, then use that list: an event is
    /// queued before the list without its container is published.
    /// </summary>
    /// <returns>False if there is none.</returns>
    bool TryDequeueEvent([NotNullWhen(true)] out ContainerEvent? happened)
    {
        happened = null;
        return false;
    }

    /// <summary>The last count of the host's containers by state; null if they are not counted, or not yet. A volatile read.</summary>
    ContainerCensus? Census => null;

    /// <summary>Sets where the final network counters of a container will be found; null: nowhere. Never blocks for long.</summary>
    void SetFinalCounterSource(Container container, FinalCounterSource? source)
    {
    }
}
