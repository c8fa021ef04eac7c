using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Events;

namespace NsCollector.Sample.History;

/// <summary>
/// The last creations, removals and OOM kills of containers. The sampling thread adds to it, any thread may read it. A cycle without an event
/// allocates nothing.
/// </summary>
internal sealed class EventHistory : ISampleConsumer
{
    /// <summary>Maximum number of events. A further one replaces the oldest.</summary>
    internal const int Max = 1000;

    private readonly HistoryEvent[] _events = new HistoryEvent[Max];
    private readonly Dictionary<long, Container> _containers = [];
    private readonly Lock _lock = new();
    private ContainerList _list = ContainerList.Empty;
    private TaskCompletionSource? _waiting;
    private long _count;

    /// <summary>The number of events so far. The next one has this number.</summary>
    internal long Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    /// <summary>The events from a number on, oldest first. Those that were replaced are left out.</summary>
    internal ImmutableArray<HistoryEvent> From(long number) => From(number, out _);

    /// <summary>The events from a number on, oldest first.</summary>
    /// <param name="number">The number of the first one.</param>
    /// <param name="next">The number of the first event after them.</param>
    internal ImmutableArray<HistoryEvent> From(long number, out long next)
    {
        lock (_lock)
        {
            next = _count;
            long first = Math.Max(number, _count - Max);
            if (first >= _count) return [];
            var events = ImmutableArray.CreateBuilder<HistoryEvent>((int)(_count - first));
            for (; first < _count; first++) events.Add(_events[first % Max]);
            return events.MoveToImmutable();
        }
    }

    /// <summary>Completes when the event with this number has happened.</summary>
    internal Task Happened(long number)
    {
        lock (_lock)
        {
            if (number < _count) return Task.CompletedTask;

            // The sampling thread completes it, and must not run what waits for it.
            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        if (ReferenceEquals(containers, _list)) return;
        _list = containers;
        foreach (Container container in containers.Containers)
        {
            if (_containers.TryAdd(container.Key, container)) Add(new HistoryEvent(HistoryEventKind.Creation, container.CgroupPath, CreatedNs(container)));
        }

        if (_containers.Count == containers.Containers.Length) return;
        HashSet<long> listed = [.. containers.Containers.Select(container => container.Key)];
        foreach ((long key, Container container) in _containers.Where(known => !listed.Contains(known.Key)).ToArray())
        {
            _containers.Remove(key);
            Add(new HistoryEvent(HistoryEventKind.Deletion, container.CgroupPath, SystemClock.RealtimeNs()));
        }
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers) => BeginCycle(containers);

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
    }

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report)
    {
    }

    /// <inheritdoc/>
    public void AcceptOom(Container container, OomSample oom)
    {
        string? name = null, constraint = null;
        foreach ((Field field, string value) in oom.Texts.Present)
        {
            if (field == ContainerOomFields.VictimName) name = value;
            else if (field == ContainerOomFields.Constraint) constraint = KernelWord(value);
        }

        Add(new HistoryEvent(HistoryEventKind.Oom, container.CgroupPath, oom.TimestampNs));
        Add(new HistoryEvent(HistoryEventKind.OomKill, container.CgroupPath, oom.TimestampNs)
        {
            VictimPid = oom.Readings.TryGet(Reading.OomVictimPid, out long pid) ? pid : null, VictimName = name, Constraint = constraint,
        });
    }

    // oom_constraint_text in mm/oom_kill.c, from the words of container_oom.
    private static string? KernelWord(string constraint) => constraint switch
    {
        "container" or "ancestor" => "CONSTRAINT_MEMCG",
        "host" => "CONSTRAINT_NONE",
        "cpuset" => "CONSTRAINT_CPUSET",
        "memory_policy" => "CONSTRAINT_MEMORY_POLICY",
        _ => null,
    };

    // The kernel does not record when a cgroup was created; of one that is older than the agent, the start of its first process is known.
    private static long CreatedNs(Container container)
    {
        if (container.Birth is { } birth) return birth.RealtimeNs;
        long nowNs = SystemClock.RealtimeNs();
        return container.StartedBoottimeNs is { } started ? nowNs - (Libc.ClockGettime(Libc.CLOCK_BOOTTIME) - started) : nowNs;
    }

    private void Add(HistoryEvent added)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _events[_count++ % Max] = added;
            waiting = _waiting;
            _waiting = null;
        }

        waiting?.SetResult();
    }
}
