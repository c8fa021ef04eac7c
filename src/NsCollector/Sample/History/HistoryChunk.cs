namespace NsCollector.Sample.History;

/// <summary>A part of the memory of <see cref="SampleHistory"/>. It is reused as a whole.</summary>
internal sealed class HistoryChunk
{
    /// <summary>Its size in bytes.</summary>
    internal const int Bytes = 1 << 18;

    private long _serial;

    /// <summary>The memory.</summary>
    internal byte[] Memory { get; } = GC.AllocateUninitializedArray<byte>(Bytes);

    /// <summary>Changes with each use, before the memory is written again. A reader that finds the same number before and after it copied has a valid copy.</summary>
    internal long Serial
    {
        get => Volatile.Read(ref _serial);

        // A full fence: the new number is visible before new data are.
        set => Interlocked.Exchange(ref _serial, value);
    }

    /// <summary>How many records it has. For the sampling thread.</summary>
    internal int Records { get; set; }

    /// <summary>When its last record was written, on the monotonic clock. For the sampling thread.</summary>
    internal long LastNs { get; set; }
}
