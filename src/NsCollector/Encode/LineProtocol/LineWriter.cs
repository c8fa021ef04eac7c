using System.Buffers.Text;
using NsCollector.Encode.Batches;
using NsCollector.Telemetry;

namespace NsCollector.Encode.LineProtocol;

/// <summary>
/// Writes whole lines into batches. The maximum length of a line is reserved before it is written, so a line is never split
/// over two batches and never cut.
/// </summary>
/// <param name="pool">Where batches come from; its batch size bounds the length of a line.</param>
/// <param name="receiver">Where full batches go.</param>
/// <param name="counters">Where points that cannot be encoded are counted.</param>
internal sealed class LineWriter(BatchPool pool, IBatchReceiver receiver, AgentCounters counters)
{
    // ' ', 20 digits, LF.
    private const int MaxTimestampBytes = 22;

    private readonly byte[] _timestamp = new byte[MaxTimestampBytes];
    private Batch? _batch;
    private int _timestampLength;

    /// <summary>Points written since the start.</summary>
    internal long Points { get; private set; }

    /// <summary>Bytes written since the start.</summary>
    internal long Bytes { get; private set; }

    /// <summary>The time of the lines that are ended from now on: nanoseconds since the epoch.</summary>
    internal long TimestampNs { get; private set; }

    /// <summary>Sets <see cref="TimestampNs"/>.</summary>
    internal void SetTimestamp(long timestampNs)
    {
        if (timestampNs == TimestampNs && _timestampLength > 0) return;
        TimestampNs = timestampNs;
        _timestamp[0] = (byte)' ';
        Utf8Formatter.TryFormat(timestampNs, _timestamp.AsSpan(1), out int digits);
        _timestamp[digits + 1] = (byte)'\n';
        _timestampLength = digits + 2;
    }

    /// <summary>Reserves room for a line; empty if no batch is large enough, which is counted.</summary>
    /// <param name="bytes">Its maximum length, without the time.</param>
    internal Span<byte> Reserve(int bytes)
    {
        bytes += MaxTimestampBytes;
        if (bytes > pool.BatchBytes)
        {
            counters.Add(AgentCounter.PointsUnencodable);
            return default;
        }

        if (_batch is { } batch && batch.Length + bytes > batch.Buffer.Length) Flush();
        _batch ??= pool.Rent();
        return _batch.Buffer.AsSpan(_batch.Length, bytes);
    }

    /// <summary>Ends the line in the reserved room: appends the time.</summary>
    /// <param name="line">What <see cref="Reserve"/> returned.</param>
    /// <param name="length">The length of measurement, tags and fields.</param>
    internal void End(Span<byte> line, int length)
    {
        _timestamp.AsSpan(0, _timestampLength).CopyTo(line[length..]);
        length += _timestampLength;
        Batch batch = _batch!;
        batch.Length += length;
        batch.Points++;
        Points++;
        Bytes += length;
    }

    /// <summary>Publishes the current batch.</summary>
    internal void Flush()
    {
        if (_batch is not { } batch || (batch.Length == 0 && !batch.EndsCycle)) return;
        _batch = null;
        receiver.Publish(batch);
    }

    /// <summary>Publishes the current batch, if there is one, as the last one of a cycle.</summary>
    internal void EndCycle()
    {
        if (_batch is { } batch) batch.EndsCycle = true;
        Flush();
    }

    /// <summary>The same, with an empty batch if there is none: it marks the end of the cycle for the sinks.</summary>
    internal void EndCycleAlways()
    {
        _batch ??= pool.Rent();
        EndCycle();
    }
}
