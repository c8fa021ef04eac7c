using NsCollector.Sample.Events;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Docker.Events;

/// <summary>The last events, in the order in which they became known. Any thread may use it.</summary>
/// <param name="max">How many are kept.</param>
/// <param name="counters">Counts events that a client read too late.</param>
internal sealed class EventLog(int max, AgentCounters counters)
{
    private readonly EventRing<DockerEvent> _events = new(max);

    /// <summary>The number of the next event. The first event has the number 0.</summary>
    internal long Next => _events.Next;

    /// <summary>The number of the oldest event that is kept.</summary>
    internal long Oldest => _events.Oldest;

    /// <summary>Adds an event.</summary>
    internal void Add(DockerEvent happened) => _events.Add(happened);

    /// <summary>Reads events, oldest first. Those that are no longer kept are counted as lost.</summary>
    /// <param name="from">The number of the first event to read. Afterwards the number of the next event.</param>
    /// <param name="into">Receives the events.</param>
    /// <returns>Completes when there is another one.</returns>
    internal Task Read(ref long from, List<DockerEvent> into)
    {
        long lost = _events.Read(ref from, into);
        if (lost > 0) counters.Add(AgentCounter.DockerEventsLost, lost);
        return _events.Added(from);
    }
}
