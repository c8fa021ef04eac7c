using NsCollector.Encode.Batches;

namespace NsCollector.Deliver;

/// <summary>
/// Where batches go. Each sink has a thread and a bounded queue of its own, so that one that is slow or down delays
/// neither sampling nor the others.
/// </summary>
internal interface ISink : IDisposable
{
    /// <summary>The tag <c>sink</c>: <c>KIND:NAME</c> of its configuration section, such as <c>file:main</c>.</summary>
    string Name { get; }

    /// <summary>What it has done so far.</summary>
    SinkCounters Counters { get; }

    /// <summary>
    /// Raised once, on the sink's thread, if nothing can be delivered any more whatever happens: the reader of standard output is gone.
    /// A target that is missing, full or down never raises it.
    /// </summary>
    event Action? Closed;

    /// <summary>Starts its thread. An error that only time or the administrator can mend (no directory, no permission) is counted, logged and retried, never thrown.</summary>
    void Start();

    /// <summary>Takes a batch: adds a reference and returns at once. Where the queue is full the oldest batch is dropped and counted.</summary>
    void Enqueue(Batch batch);

    /// <summary>Opens again what it writes to (SIGHUP, for logrotate). Returns at once.</summary>
    void Reopen();

    /// <summary>Writes out what is queued and ends its thread.</summary>
    /// <returns>Whether all was delivered within <paramref name="timeout"/>; what was not is counted as dropped.</returns>
    bool Stop(TimeSpan timeout);
}
