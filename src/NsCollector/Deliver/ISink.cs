using NsCollector.Encode.Batches;

namespace NsCollector.Deliver;

/// <summary>
/// A target of batches. Each sink has its own thread and bounded queue, so that a slow or failed sink delays neither sampling
/// nor other sinks.
/// </summary>
internal interface ISink : IDisposable
{
    /// <summary>The tag <c>sink</c>: <c>KIND:NAME</c> of its configuration section, such as <c>file:main</c>.</summary>
    string Name { get; }

    /// <summary>Its counters since the start.</summary>
    SinkCounters Counters { get; }

    /// <summary>
    /// Raised once, on the sink's thread, if nothing can be delivered any more whatever happens: the reader of standard output is gone.
    /// A target that is missing, full or down never raises it.
    /// </summary>
    event Action? Closed;

    /// <summary>Starts its thread. Errors of the target (no directory, no permission) are counted, logged and retried, never thrown.</summary>
    void Start();

    /// <summary>Adds a reference to the batch, queues it and returns at once. If the queue is full, the oldest batch is dropped and counted.</summary>
    void Enqueue(Batch batch);

    /// <summary>Reopens its target (SIGHUP, for logrotate). Returns at once.</summary>
    void Reopen();

    /// <summary>Delivers what is queued and stops its thread.</summary>
    /// <returns>Whether everything was delivered within <paramref name="timeout"/>; the rest is counted as dropped.</returns>
    bool Stop(TimeSpan timeout);
}
