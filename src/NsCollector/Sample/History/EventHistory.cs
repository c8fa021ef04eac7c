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

    private readonly EventRing<HistoryEvent> _events = new(Max);
    private readonly Dictionary<long, Container> _containers = [];
    private ContainerList _list = ContainerList.Empty;

    /// <summary>The number of events so far. The next one has this number.</summary>
    internal long Count => _events.Next;

    /// <summary>The events from a number on, oldest first. Those that were replaced are left out.</summary>
    internal ImmutableArray<HistoryEvent> From(long number) => From(number, out _);

    /// <summary>The events from a number on, oldest first.</summary>
    /// <param name="number">The number of the first one.</param>
    /// <param name="next">The number of the first event after them.</param>
    internal ImmutableArray<HistoryEvent> From(long number, out long next)
    {
        List<HistoryEvent> events = [];
        next = number;
        _events.Read(ref next, events);
        return [.. events];
    }

    /// <summary>Completes when the event with this number has happened.</summary>
    internal Task Happened(long number) => _events.Added(number);

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        if (ReferenceEquals(containers, _list)) return;
        _list = containers;
        foreach (Container container in containers.Containers)
        {
            if (_containers.TryAdd(container.Key, container)) _events.Add(new HistoryEvent(HistoryEventKind.Creation, container.CgroupPath, CreatedNs(container)));
        }

        if (_containers.Count == containers.Containers.Length) return;
        HashSet<long> listed = [.. containers.Containers.Select(container => container.Key)];
        foreach ((long key, Container container) in _containers.Where(known => !listed.Contains(known.Key)).ToArray())
        {
            _containers.Remove(key);
            _events.Add(new HistoryEvent(HistoryEventKind.Deletion, container.CgroupPath, SystemClock.RealtimeNs()));
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

        _events.Add(new HistoryEvent(HistoryEventKind.Oom, container.CgroupPath, oom.TimestampNs));
        _events.Add(new HistoryEvent(HistoryEventKind.OomKill, container.CgroupPath, oom.TimestampNs)
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
}
