using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>The containers of the list in force, in the order of their keys. Opens and closes their cgroup files. For the sampling thread.</summary>
internal sealed class SampledContainers(CgroupSampler cgroups, SampleOptions options, AgentCounters counters)
{
    private SampledContainer[] _containers = [];

    /// <summary>The list in force.</summary>
    internal ContainerList List { get; private set; } = ContainerList.Empty;

    internal int Count => _containers.Length;

    /// <summary>How many wait for their first reading.</summary>
    internal int Births { get; private set; }

    /// <summary>By the index in <see cref="List"/>.</summary>
    internal SampledContainer this[int index] => _containers[index];

    internal ReadOnlySpan<SampledContainer> All => _containers;

    /// <summary>The container with a key; null if the list in force does not have it.</summary>
    internal SampledContainer? Find(long key)
    {
        int low = 0, high = _containers.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            long found = _containers[middle].Container.Key;
            if (found == key) return _containers[middle];
            if (found < key) low = middle + 1;
            else high = middle - 1;
        }

        return null;
    }

    /// <summary>Puts a list in force: opens what is new, closes what is gone, keeps the rest. Both lists are in the order of the keys.</summary>
    /// <param name="list">The list.</param>
    /// <param name="isStart">Whether no cycle has run yet: its containers may be older than the agent.</param>
    /// <param name="onAdded">Called for each new container.</param>
    /// <param name="onRemoved">Is called for each one that is gone.</param>
    internal void Apply(ContainerList list, bool isStart, Action<SampledContainer> onAdded, Action<SampledContainer> onRemoved)
    {
        ImmutableArray<Container> containers = list.Containers;
        var next = new SampledContainer[containers.Length];
        int old = 0;
        for (int i = 0; i < next.Length; i++)
        {
            Container container = containers[i];
            while (old < _containers.Length && _containers[old].Container.Key < container.Key) Remove(_containers[old++], onRemoved);
            if (old < _containers.Length && _containers[old].Container.Key == container.Key)
            {
                next[i] = _containers[old++];
                Replace(next[i], container);
            }
            else
            {
                var added = next[i] = new SampledContainer(container, cgroups.Open(container)) { IsNewborn = true };

                // The network of what was there when the agent began was connected long ago.
                if (isStart) added.FinalCounters.EndSearches();
                Births++;
                onAdded(added);
            }
        }

        while (old < _containers.Length) Remove(_containers[old++], onRemoved);
        _containers = next;
        List = list;
    }

    /// <summary>A container is being read, so it no longer waits for its first reading.</summary>
    internal void EndBirth(SampledContainer container)
    {
        if (!container.IsNewborn) return;
        container.IsNewborn = false;
        Births--;
    }

    /// <summary>A container is read again between cycles, as after its birth.</summary>
    internal void ReadAgain(SampledContainer container)
    {
        if (container.IsNewborn || container.HasVanished) return;
        container.IsNewborn = true;
        Births++;
    }

    /// <summary>Closes all files.</summary>
    internal void CloseAll()
    {
        foreach (SampledContainer container in _containers) cgroups.Close(container.Cgroup);
        _containers = [];
    }

    private void Replace(SampledContainer kept, Container container)
    {
        bool hasNewInit = !ReferenceEquals(kept.Container.Init, container.Init);
        kept.Container = container;
        kept.Cgroup.Init = container.Init;
        if (!hasNewInit) return;
        kept.Cgroup.NextLimitsNs = long.MinValue;
        if (kept.HasExited && container.Init is not null) kept.BeginNextLife();

        // The first process seen of it may have been a runtime's helper in the host's namespace: it is read again, with its network.
        if (kept.FinalCounters.NamespaceInode != 0 || options.Network == NetworkMode.Off || container.Init is null) return;
        ReadAgain(kept);
    }

    private void Remove(SampledContainer container, Action<SampledContainer> onRemoved)
    {
        onRemoved(container);
        if (container.IsNewborn) Births--;

        // One that left the list and still exists was excluded, by the filter once its name was known, or by a limit.
        bool isGone = container.HasVanished || container.HasExited || !CgroupSampler.Exists(container.Cgroup);
        cgroups.Close(container.Cgroup);
        if (!isGone) return;
        if (!container.HasVanished) counters.Add(AgentCounter.ContainersVanished);
        if (!container.WasSampled && !container.ExitWasRead) counters.Add(AgentCounter.ContainersMissed);
    }
}
