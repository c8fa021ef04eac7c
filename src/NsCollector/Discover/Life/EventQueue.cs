using System.Diagnostics.CodeAnalysis;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Life;

/// <summary>What happened between cycles, from the discovery thread to the sampling thread. Where nobody takes it, the oldest is dropped and counted.</summary>
/// <param name="capacity">The most that wait.</param>
/// <param name="counters">Counts what was dropped.</param>
internal sealed class EventQueue(int capacity, AgentCounters counters)
{
    private readonly Queue<ContainerEvent> _events = new();
    private int _count;

    /// <summary>Whether there is none to take.</summary>
    internal bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>Puts one in.</summary>
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

    /// <summary>Takes the oldest. Where there is none, which is nearly always, this costs a volatile read.</summary>
    internal bool TryTake([NotNullWhen(true)] out ContainerEvent? happened)
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
