using NsCollector.Encode.Batches;

namespace NsCollector.Deliver;

/// <summary>
/// What waits for one sink, oldest first, bounded by the memory it holds. Not thread-safe: its sink guards it.
/// <para>
/// The bound counts whole buffers, because a batch of one line holds as much memory as a full one. So that a host with few
/// containers does not lose its backlog for that, small batches that have to wait are copied together.
/// </para>
/// </summary>
internal sealed class BatchQueue
{
    private readonly Queue<Batch> _waiting = new(64);
    private readonly long _maxBytes;
    private readonly SinkCounters _counters;

    // The youngest waiting batch where it is a copy of our own: the only kind that may still be written to.
    private Batch? _mergeTarget;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="maxBytes">How much memory may be held; one waiting batch is let in whatever its size.</param>
    /// <param name="counters">Where queued and dropped are counted.</param>
    internal BatchQueue(long maxBytes, SinkCounters counters)
    {
        _maxBytes = maxBytes;
        _counters = counters;
    }

    /// <summary>The memory of all that waits or is being delivered, in bytes.</summary>
    internal long HeldBytes { get; private set; }

    /// <summary>How many batches wait.</summary>
    internal int Count => _waiting.Count;

    /// <summary>Takes a batch, dropping the oldest waiting ones for it where there is no room.</summary>
    /// <returns>How many points were dropped.</returns>
    internal long Add(Batch batch)
    {
        if (_mergeTarget is { } last && last.Length + batch.Length <= last.Buffer.Length)
        {
            Append(batch, last);
            return 0;
        }

        long dropped = 0;
        while (_waiting.Count > 0 && HeldBytes + batch.Buffer.Length > _maxBytes) dropped += DropOldest();

        if (_waiting.Count > 0 && batch.Length <= batch.Buffer.Length / 2)
        {
            _mergeTarget = batch.Pool.Rent();
            Append(batch, _mergeTarget);
            _waiting.Enqueue(_mergeTarget);
        }
        else
        {
            batch.AddReference();
            _mergeTarget = null;
            _waiting.Enqueue(batch);
            _counters.Queued(batch.Length);
        }
        HeldBytes += batch.Buffer.Length;
        return dropped;
    }

    /// <summary>Takes out the oldest batch, whose memory counts until <see cref="Release"/>.</summary>
    internal bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Batch? batch)
    {
        if (!_waiting.TryDequeue(out batch)) return false;
        if (batch == _mergeTarget) _mergeTarget = null;
        return true;
    }

    /// <summary>Lets go of a batch that was taken.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="undeliveredPoints">How many of its points are given up.</param>
    /// <param name="undeliveredBytes">How many bytes they are.</param>
    internal void Release(Batch batch, long undeliveredPoints = 0, long undeliveredBytes = 0)
    {
        HeldBytes -= batch.Buffer.Length;
        if (undeliveredPoints > 0) _counters.Dropped(undeliveredPoints);
        if (undeliveredBytes > 0) _counters.Queued(-undeliveredBytes);
        batch.Release();
    }

    /// <summary>Drops all that waits.</summary>
    /// <returns>How many points that were.</returns>
    internal long DropAll()
    {
        long dropped = 0;
        while (_waiting.Count > 0) dropped += DropOldest();
        return dropped;
    }

    private long DropOldest()
    {
        TryDequeue(out Batch? oldest);
        long points = oldest!.Points;
        Release(oldest, points, oldest.Length);
        return points;
    }

    private void Append(Batch from, Batch to)
    {
        from.Bytes.CopyTo(to.Buffer.AsSpan(to.Length));
        to.Length += from.Length;
        to.Points += from.Points;
        to.EndsCycle |= from.EndsCycle;
        _counters.Queued(from.Length);
    }
}
