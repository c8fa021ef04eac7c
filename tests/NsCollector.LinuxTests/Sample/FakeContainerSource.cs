using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover.Watch;
using NsCollector.Discover;
using NsCollector.Discover.Life;

namespace NsCollector.LinuxTests.Sample;

/// <summary>A source that publishes what a test tells it to.</summary>
internal sealed class FakeContainerSource : IContainerSource
{
    private readonly ConcurrentQueue<ContainerEvent> _events = new();
    private volatile ContainerList _current = ContainerList.Empty;

    public ContainerList Current => _current;

    internal long Acknowledged { get; private set; }

    internal int Walks { get; private set; }

    /// <summary>What was said last of each container, by key.</summary>
    internal ConcurrentDictionary<long, FinalCounterSource?> Ends { get; } = new();

    /// <summary>How often something was said.</summary>
    internal int EndsSaid { get; private set; }

    internal void Publish(params Container[] containers) => _current = new ContainerList(_current.Generation + 1, [.. containers]);

    internal void Happened(ContainerEvent happened) => _events.Enqueue(happened);

    public void Acknowledge(long generation) => Acknowledged = generation;

    public void RequestWalk() => Walks++;

    public bool TryTakeEvent([NotNullWhen(true)] out ContainerEvent? happened) => _events.TryDequeue(out happened);

    public void SetFinalCounterSource(Container container, FinalCounterSource? end)
    {
        EndsSaid++;
        Ends[container.Key] = end;
    }
}
