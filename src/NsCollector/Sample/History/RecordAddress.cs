namespace NsCollector.Sample.History;

/// <summary>
/// Where a record is. One number, so that another thread reads it as a whole; 0 is no record. The serial number has 34 bits: at 1,000
/// chunks a second it is not repeated for 272 days, and a reader uses an address for seconds only.
/// </summary>
/// <param name="Value">Serial number of the chunk, index of the chunk (12 bits), offset in the chunk (18 bits).</param>
internal readonly record struct RecordAddress(long Value)
{
    /// <summary>Maximum number of chunks.</summary>
    internal const int MaxChunks = 1 << 12;

    internal RecordAddress(long serial, int chunk, int offset)
        : this((serial << 30) | ((long)chunk << 18) | (uint)offset)
    {
    }

    /// <summary>Whether it is no record.</summary>
    internal bool IsNone => Value == 0;

    /// <summary>The chunk's serial number at that time.</summary>
    internal long Serial => Value >>> 30;

    /// <summary>The chunk's index.</summary>
    internal int Chunk => (int)(Value >> 18) & (MaxChunks - 1);

    /// <summary>The offset in the chunk.</summary>
    internal int Offset => (int)Value & (HistoryChunk.Bytes - 1);
}
