namespace NsCollector.Encode.Batches;

/// <summary>
/// Finished bytes on their way out: whole lines of line protocol, each ending in one LF. Shared by all sinks, so nobody
/// writes to it after it was published; given back to its pool when the last sink has released it.
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

    /// <summary>How many bytes are finished lines.</summary>
    public int Length { get; set; }

    /// <summary>How many points (lines) they are.</summary>
    public int Points { get; set; }

    /// <summary>Whether its last line is the last of a cycle; where it has no line, the last one of the batches before it.</summary>
    public bool EndsCycle { get; set; }

    /// <summary>The finished lines.</summary>
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    /// <summary>Where it goes when released; a sink that gathers small batches rents from there as well.</summary>
    internal BatchPool Pool => _pool;

    internal void Begin(int references)
    {
        Length = 0;
        Points = 0;
        EndsCycle = false;
        _references = references;
    }

    /// <summary>One more holder.</summary>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>One holder less; the last one's call gives the batch back to the pool.</summary>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left == 0) _pool.Return(this);
        else if (left < 0) throw new InvalidOperationException("A batch was released more often than it was held.");
    }
}
