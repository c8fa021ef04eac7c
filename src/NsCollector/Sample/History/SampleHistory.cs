using System.Buffers.Binary;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Sample.History;

/// <summary>
/// The samples of the last minutes, as records in a bounded number of chunks. Each record has the address of the previous one of its container,
/// and the container's chain has that of its last one. So a container's history ends with the container. The sampling thread writes without a
/// lock. A reader copies a record, then checks that its chunk was not reused meanwhile. A steady cycle allocates nothing.
/// </summary>
/// <param name="kept">How long a sample is kept.</param>
/// <param name="maxBytes">Maximum bytes of all chunks. If more are needed, the oldest samples are dropped and counted.</param>
/// <param name="counters">Counts samples that were dropped before their time.</param>
internal sealed class SampleHistory(TimeSpan kept, long maxBytes, AgentCounters counters)
{
    /// <summary>Bytes of a record before its content: length, address of the record before it, time.</summary>
    internal const int HeaderBytes = 4 + 8 + 8;

    /// <summary>Maximum length of a record with its header: about 1,000 interfaces.</summary>
    internal const int MaxRecordBytes = 1 << 16;

    private readonly HistoryChunk?[] _chunks = new HistoryChunk?[Math.Clamp(maxBytes / HistoryChunk.Bytes, 1, RecordAddress.MaxChunks)];
    private readonly Queue<int> _full = new((int)Math.Clamp(maxBytes / HistoryChunk.Bytes, 1, RecordAddress.MaxChunks));
    private readonly byte[] _scratch = GC.AllocateUninitializedArray<byte>(MaxRecordBytes - HeaderBytes);
    private readonly long _keptNs = (long)(kept.TotalMilliseconds * 1e6);
    private HistoryChunk? _current;
    private int _index, _at, _count;
    private long _serial;

    /// <summary>How long a sample is kept, in nanoseconds.</summary>
    internal long KeptNs => _keptNs;

    /// <summary>Bytes of the chunks that exist. For the sampling thread and for tests.</summary>
    internal long AllocatedBytes => (long)_count * HistoryChunk.Bytes;

    /// <summary>Keeps a sample. For the sampling thread.</summary>
    /// <param name="chain">The records of the container.</param>
    /// <param name="sample">Its sample; copied.</param>
    internal void Append(HistoryChain chain, ContainerSample sample) => Append(chain, sample, SystemClock.MonotonicNs());

    /// <summary>Keeps a sample, at a given time of the monotonic clock.</summary>
    internal void Append(HistoryChain chain, ContainerSample sample, long nowNs)
    {
        int length = HistoryRecord.Write(sample, _scratch);
        if (length < 0)
        {
            counters.Add(AgentCounter.HistoryOverLimit);
            return;
        }

        if (_current is null || HistoryChunk.Bytes - _at < HeaderBytes + length) BeginChunk(nowNs);
        Span<byte> record = _current!.Memory.AsSpan(_at, HeaderBytes + length);
        BinaryPrimitives.WriteInt32LittleEndian(record, length);
        BinaryPrimitives.WriteInt64LittleEndian(record[4..], chain.Last.Value);
        BinaryPrimitives.WriteInt64LittleEndian(record[12..], sample.TimestampNs);
        _scratch.AsSpan(0, length).CopyTo(record[HeaderBytes..]);
        _current.Records++;
        _current.LastNs = nowNs;
        chain.Last = new RecordAddress(_serial, _index, _at);
        _at += HeaderBytes + length;
    }

    /// <summary>Copies the header of a record. Any thread may call it.</summary>
    /// <returns>False if the record was overwritten.</returns>
    internal bool TryReadHeader(RecordAddress address, out RecordAddress before, out long timestampNs)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        before = default;
        timestampNs = 0;
        if (!TryCopy(address, header)) return false;
        before = new RecordAddress(BinaryPrimitives.ReadInt64LittleEndian(header[4..]));
        timestampNs = BinaryPrimitives.ReadInt64LittleEndian(header[12..]);
        return true;
    }

    /// <summary>Copies the content of a record. Any thread may call it.</summary>
    /// <param name="address">The record.</param>
    /// <param name="buffer">At least <see cref="MaxRecordBytes"/>.</param>
    /// <param name="content">The content, in the buffer.</param>
    /// <returns>False if the record was overwritten.</returns>
    internal bool TryRead(RecordAddress address, Span<byte> buffer, out ReadOnlySpan<byte> content)
    {
        content = default;
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (!TryCopy(address, header)) return false;
        Span<byte> copy = buffer[..(HeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(header))];
        if (!TryCopy(address, copy)) return false;
        content = copy[HeaderBytes..];
        return true;
    }

    private bool TryCopy(RecordAddress address, Span<byte> into)
    {
        if (address.IsNone || Volatile.Read(ref _chunks[address.Chunk]) is not { } chunk || chunk.Serial != address.Serial) return false;
        chunk.Memory.AsSpan(address.Offset, into.Length).CopyTo(into);

        // The copy must be complete before the number is read again.
        Interlocked.MemoryBarrier();
        return chunk.Serial == address.Serial;
    }

    private void BeginChunk(long nowNs)
    {
        if (_current is not null) _full.Enqueue(_index);
        bool isExpired = _full.TryPeek(out int oldest) && nowNs - _chunks[oldest]!.LastNs > _keptNs;
        if (!isExpired && _count < _chunks.Length)
        {
            _index = _count++;
            _current = new HistoryChunk { Serial = ++_serial };
            Volatile.Write(ref _chunks[_index], _current);
        }
        else
        {
            _index = _full.Dequeue();
            _current = _chunks[_index]!;
            if (!isExpired) counters.Add(AgentCounter.HistoryOverLimit, _current.Records);
            _current.Serial = ++_serial;
        }

        _current.Records = 0;
        _at = 0;
    }
}
