using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample.Events;
using NsCollector.Sample.History;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Latest;

/// <summary>
/// Keeps a copy of the samples of the last complete cycle, including the agent's own metrics, for readers on any thread. It has three
/// slots: pages read the slot of the last complete cycle while the current cycle is written to another. A slow page may still read the
/// third. A steady cycle allocates nothing.
/// </summary>
internal sealed class LatestSamples : ISampleConsumer
{
    /// <summary>Maximum number of cycles that are kept.</summary>
    internal const int Slots = 3;

    private readonly Dictionary<long, LatestContainer> _containers = [];
    private readonly HostSample[] _hosts = [new(), new(), new()];
    private readonly AgentSnapshot[] _agents;
    private readonly KeptExits _exits;
    private readonly SampleHistory? _history;
    private readonly Lock _lock = new();
    private ContainerList _list = ContainerList.Empty;
    private readonly Dictionary<long, LatestContainer> _parents = [];
    private ImmutableArray<LatestContainer> _order = [];
    private bool _hasNewOrder;
    private int _parentsAccepted;
    private LatestCycle _published = LatestCycle.None;
    private long _cycle = 1;
    private int _slot;
    private readonly int[] _readers = new int[Slots];
    private readonly bool _keepsDocker;
    private CycleCompletion? _nextCycle;

    /// <param name="sinkNames">The agent's sinks.</param>
    /// <param name="exitsKept">How long the exits of containers are kept.</param>
    /// <param name="keepsDocker">Whether to keep what only Docker's API shows (<see cref="DockerReadings"/>).</param>
    /// <param name="history">Keeps earlier samples too; null for only the last cycle.</param>
    internal LatestSamples(IReadOnlyList<string> sinkNames, TimeSpan exitsKept, bool keepsDocker = false, SampleHistory? history = null)
    {
        _keepsDocker = keepsDocker;
        _history = history;
        _exits = new KeptExits(exitsKept);
        _agents = [.. Enumerable.Range(0, Slots).Select(_ => new AgentSnapshot("", [.. sinkNames.Select(name => new AgentSnapshot(name))]))];
    }

    /// <summary>When the last published cycle ended, on the monotonic clock; 0 before the first one. Any thread may call it.</summary>
    internal long CompletedMonotonicNs { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>
    /// The last complete cycle, which does not change until <see cref="Release"/>. A reader must end within a bounded time: if two slots
    /// are in use when a cycle ends, that cycle is not published. Any thread may call it.
    /// </summary>
    internal LatestCycle Acquire()
    {
        lock (_lock)
        {
            _readers[_published.Slot]++;
            return _published with { Exits = _exits.All(SystemClock.MonotonicNs()) };
        }
    }

    /// <summary>Releases a cycle that <see cref="Acquire"/> returned.</summary>
    internal void Release(LatestCycle cycle)
    {
        lock (_lock) _readers[cycle.Slot]--;
    }

    /// <summary>Completes when the next cycle is published, or at the end of the run. Any thread may call it.</summary>
    internal Task NextCycle()
    {
        lock (_lock)
        {
            _nextCycle ??= new CycleCompletion();
            return _nextCycle.Task;
        }
    }

    /// <inheritdoc/>
    public void EndRun() => CompleteCycle();

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        if (ReferenceEquals(containers, _list)) return;
        _list = containers;
        _hasNewOrder = true;
        foreach (Container container in containers.Containers)
        {
            if (!_containers.TryGetValue(container.Key, out LatestContainer? latest))
            {
                _containers[container.Key] = latest = new LatestContainer(container, _keepsDocker);
                _exits.HasSuccessor(container.CgroupPath);
            }
            else if (latest.HasExited && container.Init is not null && !ReferenceEquals(container.Init, latest.Container.Init))
            {
                // A new life in the same cgroup.
                latest.HasExited = false;
                _exits.HasSuccessor(container.CgroupPath);
            }

            latest.Container = container;
        }

        containers.RemoveUnlisted(_containers);
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers) => BeginCycle(containers);

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        if (_containers.TryGetValue(container.Key, out LatestContainer? latest)) Set(latest, sample);
    }

    /// <inheritdoc/>
    public void AcceptParent(Container parent, ContainerSample sample)
    {
        if (!_parents.TryGetValue(parent.Key, out LatestContainer? latest))
        {
            _parents[parent.Key] = latest = new LatestContainer(parent);
            _hasNewOrder = true;
        }

        latest.Container = parent;
        Set(latest, sample);
        _parentsAccepted++;
    }

    /// <inheritdoc/>
    public void AcceptHost(HostSample sample) => _hosts[_slot].Merge(sample);

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit)
    {
        if (_containers.TryGetValue(container.Key, out LatestContainer? latest)) latest.HasExited = true;
        _exits.Add(container, exit, Linux.SystemClock.MonotonicNs());
    }

    /// <summary>Accepts the agent's own metrics at the end of a cycle, before <see cref="EndCycle"/>.</summary>
    internal void AcceptAgent(AgentSnapshot snapshot) => _agents[_slot].CopyFrom(snapshot);

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report)
    {
        int written = _slot;
        if (_parentsAccepted != _parents.Count) RemoveParentsNotRead();
        _parentsAccepted = 0;
        if (_hasNewOrder) _order = [.. _parents.Values, .. _list.Containers.Select(container => _containers[container.Key])];
        _hasNewOrder = false;
        lock (_lock)
        {
            int next = FreeSlot(written);
            if (next >= 0)
            {
                _published = new LatestCycle(_order, _hosts[written], _agents[written], written, _cycle);
                _slot = next;
            }
        }

        _cycle++;
        if (_slot == written) return;
        CompletedMonotonicNs = SystemClock.MonotonicNs();
        _hosts[_slot].CopyFrom(_hosts[written]);
        CompleteCycle();
    }

    private void CompleteCycle()
    {
        CycleCompletion? waiting;
        lock (_lock) (waiting, _nextCycle) = (_nextCycle, null);
        waiting?.CompleteOnPool();
    }

    // The history gets the copy, which has the readings that are not made in each cycle.
    private void Set(LatestContainer latest, ContainerSample sample)
    {
        // A new process may run in the cgroup of a container that has exited. But until its runtime removes it, the empty cgroup is also read.
        if (latest.HasExited && sample.State is ContainerState.Running or ContainerState.Paused)
        {
            latest.HasExited = false;
            _exits.HasSuccessor(latest.Container.CgroupPath);
        }

        ContainerSample copy = latest.Set(_slot, _cycle, sample);
        _history?.Append(latest.History, copy);
    }

    private void RemoveParentsNotRead()
    {
        foreach ((long key, LatestContainer parent) in _parents.ToArray())
        {
            if (parent.Of(_slot, _cycle) is null) _parents.Remove(key);
        }

        _hasNewOrder = true;
    }

    // Two slots alternate unless a page still reads the older one.
    private int FreeSlot(int written)
    {
        for (int slot = 0; slot < Slots; slot++)
        {
            if (slot != written && _readers[slot] == 0) return slot;
        }

        return -1;
    }
}
