using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;

namespace NsCollector.Discover;

/// <summary>What Sample asks of discovery: the list in force, and the word that it has let go of the older ones.</summary>
internal interface IContainerSource
{
    /// <summary>The newest list. Reading it costs a volatile read.</summary>
    ContainerList Current { get; }

    /// <summary>Says that the caller uses nothing of any list older than this generation, so their descriptors may be closed.</summary>
    /// <param name="generation">A <see cref="ContainerList.Generation"/>.</param>
    void Acknowledge(long generation);

    /// <summary>Asks for a walk soon (a container's files said ENODEV, or its init process is gone). Never blocks, may be called often.</summary>
    void RequestWalk();

    /// <summary>
    /// Takes the oldest thing that happened between cycles. Who takes it in works with a list no newer than
    /// <see cref="Current"/> was before: an event is there to be taken before the list that lacks its container is published.
    /// </summary>
    /// <returns>False where nothing has happened.</returns>
    bool TryTakeEvent([NotNullWhen(true)] out ContainerEvent? happened)
    {
        happened = null;
        return false;
    }

    /// <summary>Sets where the final network counters of a container can be read; null: nowhere. Never blocks for long.</summary>
    void SetFinalCounterSource(Container container, FinalCounterSource? source)
    {
    }
}
