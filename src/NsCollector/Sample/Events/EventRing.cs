namespace NsCollector.Sample.Events;

/// <summary>The last events, numbered from 0 in the order in which they were added. Any thread may use it. Adding one allocates nothing.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
/// <param name="max">Maximum number of events. A further one replaces the oldest.</param>
internal sealed class EventRing<T>(int max)
{
    private readonly T[] _events = new T[max];
    private readonly Lock _lock = new();
    private long _next;
    private TaskCompletionSource? _added;

    /// <summary>The number of the next event, which is also the number of events so far.</summary>
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
            lock (_lock) return OldestKept;
        }
    }

    private long OldestKept => Math.Max(0, _next - max);

    /// <summary>Adds an event.</summary>
    internal void Add(T added)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _events[_next++ % max] = added;
            (waiting, _added) = (_added, null);
        }

        waiting?.SetResult();
    }

    /// <summary>Reads events, oldest first.</summary>
    /// <param name="from">The number of the first event to read. Afterwards the number of the next event.</param>
    /// <param name="into">Receives the events.</param>
    /// <returns>How many of them are no longer kept.</returns>
    internal long Read(ref long from, List<T> into)
    {
        lock (_lock)
        {
            long first = Math.Max(from, OldestKept), missed = first - from;
            for (; first < _next; first++) into.Add(_events[first % max]);
            from = _next;
            return missed;
        }
    }

    /// <summary>Completes when the event with this number has been added.</summary>
    internal Task Added(long number)
    {
        lock (_lock)
        {
            if (number < _next) return Task.CompletedTask;

            // The sampling thread may complete it, and must not run what waits for it.
            _added ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _added.Task;
        }
    }
}
