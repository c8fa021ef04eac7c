using System.Diagnostics.CodeAnalysis;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Life;

/// <summary>The events from the discovery thread to the sampling thread. If it is full, the oldest one is dropped and counted.</summary>
/// <param name="capacity">The maximum number of events.</param>
/// <param name="counters">Counts dropped events.</param>
internal sealed class EventQueue(int capacity, AgentCounters counters)
{
    private readonly Queue<ContainerEvent> _events = new();
    private int _count;

    internal bool IsEmpty => Volatile.Read(ref _count) == 0;

    internal void Add(ContainerEvent happened)
    {
        lock (_events)
        {
            if (_events.Count >= capacity)
            {
                _events.Dequeue();
                counters.Add(AgentCounter.EventsLost);
            }

            _events.Enqueue(happened);
            Volatile.Write(ref _count, _events.Count);
        }
    }

    /// <summary>Dequeues the oldest event. An empty queue, the usual case, costs a volatile read.</summary>
    internal bool TryDequeue([NotNullWhen(true)] out ContainerEvent? happened)
    {
        happened = null;
        if (IsEmpty) return false;
        lock (_events)
        {
            bool any = _events.TryDequeue(out happened);
            Volatile.Write(ref _count, _events.Count);
            return any;
        }
    }
}
