using NsCollector.Encode.Batches;

namespace NsCollector.Deliver;

/// <summary>
/// The batches that wait for one sink, oldest first, bounded by memory. Not thread-safe: its sink guards it.
/// <para>
/// The bound counts whole buffers, because a batch of one line holds as much memory as a full one. Small batches that have to
/// wait are merged into one buffer, so that a host with few containers can queue as many lines as one with many.
/// </para>
/// </summary>
internal sealed class BatchQueue
{
    private readonly Queue<Batch> _waiting = new(64);
    private readonly long _maxBytes;
    private readonly SinkCounters _counters;

    // The newest waiting batch if it is our own copy; other batches are shared with other sinks and must not be written to.
    private Batch? _mergeTarget;

    /// <param name="maxBytes">Maximum memory held; one waiting batch is accepted whatever its size.</param>
    /// <param name="counters">Counts queued bytes and dropped points.</param>
    internal BatchQueue(long maxBytes, SinkCounters counters)
    {
        _maxBytes = maxBytes;
        _counters = counters;
    }

    /// <summary>The memory of all batches that wait or are being delivered, in bytes.</summary>
    internal long HeldBytes { get; private set; }

    /// <summary>The number of waiting batches.</summary>
    internal int Count => _waiting.Count;

    /// <summary>Adds a batch; drops the oldest waiting ones if there is no room.</summary>
    /// <returns>The number of points dropped.</returns>
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

    /// <summary>Dequeues the oldest batch. Its memory counts until <see cref="Release"/>.</summary>
    internal bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Batch? batch)
    {
        if (!_waiting.TryDequeue(out batch)) return false;
        if (batch == _mergeTarget) _mergeTarget = null;
        return true;
    }

    /// <summary>Releases a batch that was dequeued.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="undeliveredPoints">How many of its points are dropped.</param>
    /// <param name="undeliveredBytes">Their length in bytes.</param>
    internal void Release(Batch batch, long undeliveredPoints = 0, long undeliveredBytes = 0)
    {
        HeldBytes -= batch.Buffer.Length;
        if (undeliveredPoints > 0) _counters.Dropped(undeliveredPoints);
        if (undeliveredBytes > 0) _counters.Queued(-undeliveredBytes);
        batch.Release();
    }

    /// <summary>Drops all waiting batches.</summary>
    /// <returns>The number of points dropped.</returns>
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
