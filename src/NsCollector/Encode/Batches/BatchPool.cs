namespace NsCollector.Encode.Batches;

/// <summary>
/// Batches for reuse, so that a steady cycle allocates none. How many exist at once is bounded by what the sinks' queues
/// may hold; how many are kept while idle is bounded here.
/// </summary>
internal sealed class BatchPool
{
    private readonly Stack<Batch> _idle = new();
    private readonly int _maxIdle;

    /// <summary>Makes a pool.</summary>
    /// <param name="batchBytes">The size of each batch's buffer.</param>
    /// <param name="maxIdle">How many batches are kept for reuse.</param>
    public BatchPool(int batchBytes, int maxIdle = 8)
    {
        BatchBytes = batchBytes;
        _maxIdle = maxIdle;
        _idle.EnsureCapacity(maxIdle);
    }

    /// <summary>The size of each batch's buffer, in bytes.</summary>
    public int BatchBytes { get; }

    /// <summary>An empty batch, held once by the caller.</summary>
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
