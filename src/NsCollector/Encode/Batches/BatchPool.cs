namespace NsCollector.Encode.Batches;

/// <summary>
/// Batches for reuse, so that a steady cycle allocates none. The sinks' queues limit how many exist
/// at once; the pool limits how many idle ones are kept.
/// </summary>
internal sealed class BatchPool
{
    private readonly Stack<Batch> _idle = new();
    private readonly int _maxIdle;

    /// <param name="batchBytes">The size of each batch's buffer.</param>
    /// <param name="maxIdle">Maximum idle batches kept.</param>
    public BatchPool(int batchBytes, int maxIdle = 8)
    {
        BatchBytes = batchBytes;
        _maxIdle = maxIdle;
        _idle.EnsureCapacity(maxIdle);
    }

    /// <summary>The size of each batch's buffer, in bytes.</summary>
    public int BatchBytes { get; }

    /// <summary>Returns an empty batch with one reference, owned by the caller.</summary>
    public Batch Rent()
    {
        Batch? batch;
        lock (_idle) _idle.TryPop(out batch);
        batch ??= new Batch(this, new byte[BatchBytes]);
        batch.Begin(references: 1);
        return batch;
    }

    internal void Return(Batch batch)
    {
        lock (_idle)
        {
            if (_idle.Count < _maxIdle) _idle.Push(batch);
        }
    }
}
