using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Latest;

/// <summary>
/// Keeps a copy of the samples of the last whole cycle for whoever asks, on any thread, and of what the agent said of itself.
/// Two slots: a page reads one while the cycle at hand is written to the other. A steady cycle allocates nothing.
/// </summary>
internal sealed class LatestSamples : ISampleConsumer
{
    private readonly Dictionary<long, LatestContainer> _containers = [];
    private readonly HostSample[] _hosts = [new(), new()];
    private readonly AgentSnapshot[] _agents;
    private readonly KeptExits _exits;
    private readonly Lock _lock = new();
    private ContainerList _list = ContainerList.Empty;
    private ImmutableArray<LatestContainer> _order = [];
    private LatestCycle _published = LatestCycle.None;
    private long _cycle = 1;
    private int _slot;
    private int _readers;

    /// <param name="sinkNames">The agent's sinks.</param>
    /// <param name="exitsKept">How long the exits of containers are kept.</param>
    internal LatestSamples(IReadOnlyList<string> sinkNames, TimeSpan exitsKept)
    {
        _exits = new KeptExits(exitsKept);
        _agents = [.. Enumerable.Range(0, 2).Select(_ => new AgentSnapshot("", [.. sinkNames.Select(name => new AgentSnapshot(name))]))];
    }

    /// <summary>When the last whole cycle ended, on the monotonic clock; 0 before the first one. Any thread may call it.</summary>
    internal long CompletedMonotonicNs { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>
    /// The last whole cycle, which stays as it is until <see cref="Release"/>. Meanwhile later cycles are not published, so a
    /// reader must end within a bounded time. Any thread may call it.
    /// </summary>
    internal LatestCycle Acquire()
    {
        lock (_lock)
        {
            _readers++;
            return _published with { Exits = _exits.All(Linux.SystemClock.MonotonicNs()) };
        }
    }

    /// <summary>Ends what <see cref="Acquire"/> began.</summary>
    internal void Release()
    {
        lock (_lock) _readers--;
    }

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        if (ReferenceEquals(containers, _list)) return;
        _list = containers;
        ImmutableArray<LatestContainer>.Builder order = ImmutableArray.CreateBuilder<LatestContainer>(containers.Containers.Length);
        foreach (Container container in containers.Containers)
        {
            if (!_containers.TryGetValue(container.Key, out LatestContainer? latest))
            {
                _containers[container.Key] = latest = new LatestContainer(container);
                _exits.HasSuccessor(container.CgroupPath);
            }
            else if (latest.HasExited && container.Init is not null && !ReferenceEquals(container.Init, latest.Container.Init))
            {
                // Another life in the same cgroup.
                latest.HasExited = false;
                _exits.HasSuccessor(container.CgroupPath);
            }

            latest.Container = container;
            order.Add(latest);
        }

        _order = order.MoveToImmutable();
        if (_containers.Count == _order.Length) return;
        HashSet<long> listed = [.. containers.Containers.Select(container => container.Key)];
        foreach (long key in _containers.Keys.Where(key => !listed.Contains(key)).ToArray()) _containers.Remove(key);
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers) => BeginCycle(containers);

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        if (_containers.TryGetValue(container.Key, out LatestContainer? latest)) latest.Set(_slot, _cycle, sample);
    }

    /// <inheritdoc/>
    public void AcceptHost(HostSample sample) => _hosts[_slot].CopyFrom(sample);

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit)
    {
        if (_containers.TryGetValue(container.Key, out LatestContainer? latest)) latest.HasExited = true;
        _exits.Add(container, exit, Linux.SystemClock.MonotonicNs());
    }

    /// <summary>The agent's readings of itself at the end of a cycle, before <see cref="EndCycle"/>.</summary>
    internal void AcceptAgent(AgentSnapshot snapshot) => _agents[_slot].CopyFrom(snapshot);

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report)
    {
        CompletedMonotonicNs = Linux.SystemClock.MonotonicNs();
        lock (_lock)
        {
            // The next cycle would overwrite the slot that a page still reads; it overwrites this one instead.
            if (_readers > 0 && _published.Cycle > 0)
            {
                _cycle++;
                return;
            }

            _published = new LatestCycle(_order, _hosts[_slot], _agents[_slot], _slot, _cycle);
        }

        int written = _slot;
        _slot = 1 - _slot;
        _cycle++;
        _hosts[_slot].CopyFrom(_hosts[written]);
    }
}
