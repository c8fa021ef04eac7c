using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;

namespace NsCollector.LinuxTests.Sample;

/// <summary>A source whose lists and events come from the test.</summary>
internal sealed class FakeContainerSource : IContainerSource
{
    private readonly ConcurrentQueue<ContainerEvent> _events = new();
    private volatile ContainerList _current = ContainerList.Empty;

    public ContainerList Current => _current;

    public ContainerCensus? Census { get; set; }

    internal long Acknowledged { get; private set; }

    internal int Walks { get; private set; }

    /// <summary>The last source set for each container, by key.</summary>
    internal ConcurrentDictionary<long, FinalCounterSource?> Sources { get; } = new();

    /// <summary>How often a source was set.</summary>
    internal int SourcesSet { get; private set; }

    internal void Publish(params Container[] containers) => _current = new ContainerList(_current.Generation + 1, [.. containers]);

    internal void Enqueue(ContainerEvent next) => _events.Enqueue(next);

    public void Acknowledge(long generation) => Acknowledged = generation;

    public void RequestWalk() => Walks++;

    public bool TryDequeueEvent([NotNullWhen(true)] out ContainerEvent? happened) => _events.TryDequeue(out happened);

    public void SetFinalCounterSource(Container container, FinalCounterSource? source)
    {
        SourcesSet++;
        Sources[container.Key] = source;
    }
}
