using NsCollector.Telemetry;

namespace NsCollector.Serve.Docker.Events;

/// <summary>The last events, in the order in which they became known. Any thread may use it.</summary>
/// <param name="max">How many are kept.</param>
/// <param name="counters">Counts events that a client read too late.</param>
internal sealed class EventLog(int max, AgentCounters counters)
{
    private readonly DockerEvent[] _ring = new DockerEvent[max];
    private readonly Lock _lock = new();
    private long _next;
    private TaskCompletionSource? _added;

    /// <summary>The number of the next event; that of the first one is 0.</summary>
    internal long Next
    {
        get
        {
            lock (_lock) return _next;
        }
    }

    /// <summary>The number of the oldest event that is kept.</summary>
    internal long Oldest
    {
        get
        {
            lock (_lock) return Math.Max(0, _next - max);
        }
    }

    /// <summary>Adds an event.</summary>
    internal void Add(DockerEvent happened)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _ring[_next++ % max] = happened;
            (waiting, _added) = (_added, null);
        }

        waiting?.SetResult();
    }

    /// <summary>Reads the events from a number on.</summary>
    /// <param name="from">The number; set to that of the next event. If events from there on are no longer kept, they are counted.</param>
    /// <param name="into">Receives the events.</param>
    /// <returns>Completes when there is another one.</returns>
    internal Task Read(ref long from, List<DockerEvent> into)
    {
        lock (_lock)
        {
            long oldest = Math.Max(0, _next - max);
            if (from < oldest) counters.Add(AgentCounter.DockerEventsLost, oldest - from);
            for (from = Math.Max(from, oldest); from < _next; from++) into.Add(_ring[from % max]);
            _added ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _added.Task;
        }
    }
}
