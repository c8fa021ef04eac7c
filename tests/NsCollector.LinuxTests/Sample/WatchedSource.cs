using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;

namespace NsCollector.LinuxTests.Sample;

/// <summary>A source that publishes what a test tells it to, with a real watch that reads the network counters at the exit.</summary>
internal sealed class WatchedSource(ContainerWatch watch) : IContainerSource
{
    private readonly ConcurrentQueue<ContainerEvent> _events = new();
    private readonly Dictionary<long, int> _handles = [];
    private volatile ContainerList _current = ContainerList.Empty;

    public ContainerList Current => _current;

    internal void Publish(params Container[] containers) => _current = new ContainerList(_current.Generation + 1, [.. containers]);

    internal void Happened(ContainerEvent happened) => _events.Enqueue(happened);

    /// <summary>Has a container followed to its exit.</summary>
    internal void Watch(Container container)
    {
        int handle = watch.Add(container.Key, container.CgroupPath);
        Assert.True(handle >= 0);
        _handles.Add(container.Key, handle);
        Assert.Equal(0, watch.Follow(handle, container.Key, 1, container.Init!.Pid, container.Init.Descriptor, false));
    }

    /// <summary>What was read of a container at its exit; nothing if it is not watched.</summary>
    internal WatchTexts TextsOf(Container container)
    {
        if (!_handles.ContainsKey(container.Key)) return WatchTexts.None;
        WatchTexts? texts = null;
        Eventually.True(
            () =>
            {
                while (watch.TryDequeue(out WatchRecord record))
                {
                    if (record.Key == container.Key && record.Kind == WatchRecordKind.Exited) texts = record.Texts;
                }

                return texts is not null;
            },
            "the exit to be reported");
        return texts!;
    }

    public void Acknowledge(long generation)
    {
    }

    public void RequestWalk()
    {
    }

    public bool TryDequeueEvent([NotNullWhen(true)] out ContainerEvent? happened) => _events.TryDequeue(out happened);

    public void SetFinalCounterSource(Container container, FinalCounterSource? source)
    {
        if (_handles.TryGetValue(container.Key, out int handle)) Assert.Equal(0, watch.TrySetFinalCounterSource(handle, container.Key, source));
    }
}
