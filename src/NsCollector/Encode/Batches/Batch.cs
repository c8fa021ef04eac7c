namespace NsCollector.Encode.Batches;

/// <summary>
/// Whole lines of line protocol, each ending in one LF. Shared by all sinks, so it must not be changed after it is published.
/// Returns to its pool when the last reference is released.
/// </summary>
internal sealed class Batch
{
    private readonly BatchPool _pool;
    private int _references;

    internal Batch(BatchPool pool, byte[] buffer)
    {
        _pool = pool;
        Buffer = buffer;
    }

    /// <summary>The memory; the first <see cref="Length"/> bytes count.</summary>
    public byte[] Buffer { get; }

    /// <summary>The bytes of finished lines.</summary>
    public int Length { get; set; }

    /// <summary>The number of points (lines).</summary>
    public int Points { get; set; }

    /// <summary>Whether its last line is the last of a cycle; where it has no line, the last one of the batches before it.</summary>
    public bool EndsCycle { get; set; }

    /// <summary>The finished lines.</summary>
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    /// <summary>Its pool; a sink that merges small batches also rents from it.</summary>
    internal BatchPool Pool => _pool;

    internal void Begin(int references)
    {
        Length = 0;
        Points = 0;
        EndsCycle = false;
        _references = references;
    }

    /// <summary>Adds a reference.</summary>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>Releases a reference; the last one returns the batch to its pool.</summary>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left == 0) _pool.Return(this);
        else if (left < 0) throw new InvalidOperationException("A batch was released more often than it was held.");
    }
}
