using NsCollector.Encode.Batches;
using NsCollector.Telemetry;

namespace NsCollector.Encode.Otlp;

/// <summary>
/// Writes points as an ExportMetricsServiceRequest (metrics_service.proto) into batches. A request is a sequence of ResourceMetrics,
/// so batches can be joined and divided between them. If a batch is full, the writer ends the open messages, publishes the batch and
/// begins the same messages in the next one: no point is split, and a batch is a complete request.
/// </summary>
internal sealed class OtlpWriter
{
    // Field numbers of ResourceMetrics (resource = 1, scope_metrics = 2), ScopeMetrics (scope = 1, metrics = 2), Metric (gauge = 5,
    // sum = 7), Gauge and Sum (data_points = 1, aggregation_temporality = 2, is_monotonic = 3) and NumberDataPoint
    // (start_time_unix_nano = 2, time_unix_nano = 3, as_double = 4, as_int = 6, attributes = 7).
    private const int Delta = 1, Cumulative = 2;

    // InstrumentationScope: name = 1.
    private static readonly byte[] Scope = Protobuf.Field(1, Protobuf.Field(1, "nscollector"));

    private readonly BatchPool _pool;
    private readonly IBatchReceiver _receiver;
    private readonly AgentCounters _counters;
    private readonly bool _isDelta;
    private byte[] _resource = [];
    private Batch? _batch;
    private int _at;

    // Where the lengths of the open messages are; -1 if none is open.
    private int _resourceStart = -1, _scopeStart, _metricStart = -1, _dataStart;
    private OtlpFamily? _family;

    internal OtlpWriter(BatchPool pool, IBatchReceiver receiver, OtlpTemporality temporality, AgentCounters counters)
    {
        _pool = pool;
        _receiver = receiver;
        _counters = counters;
        _isDelta = temporality == OtlpTemporality.Delta;
    }

    /// <summary>Points written since the start.</summary>
    internal long Points { get; private set; }

    /// <summary>Bytes of the batches published since the start.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Begins the metrics of a resource. It is written with its first point.</summary>
    /// <param name="resource">The field resource of ResourceMetrics, encoded.</param>
    internal void BeginResource(byte[] resource) => _resource = resource;

    /// <summary>Begins a metric. It is written with its first point.</summary>
    internal void BeginMetric(OtlpFamily family) => _family = family;

    /// <summary>Ends the metric.</summary>
    internal void EndMetric()
    {
        CloseMetric();
        _family = null;
    }

    /// <summary>Ends the resource.</summary>
    internal void EndResource() => CloseResource();

    /// <summary>Writes a point of the metric.</summary>
    /// <param name="source">The field.</param>
    /// <param name="value">The reading, as it is in a <see cref="Sample.ReadingSet"/>.</param>
    /// <param name="startNs">Since when it adds up, in nanoseconds since the epoch; not used for a gauge.</param>
    /// <param name="timeNs">When it was read, in nanoseconds since the epoch.</param>
    /// <param name="rowAttributes">The attributes of its row, encoded.</param>
    internal void Point(OtlpSource source, long value, long startNs, long timeNs, ReadOnlySpan<byte> rowAttributes)
    {
        ReadOnlySpan<byte> word = default;
        if (source.Words.Length > 0)
        {
            if ((ulong)value >= (ulong)source.Words.Length) return;
            word = source.Words[value];
            value = 1;
        }

        bool isSum = _family!.Kind != OtlpKind.Gauge;
        int length = (isSum ? 3 : 2) * Protobuf.Fixed64Bytes + source.Attributes.Length + word.Length + rowAttributes.Length;
        if (!TryMakeRoom(1 + Protobuf.VarintBytes(length) + length)) return;
        Span<byte> free = _batch!.Buffer.AsSpan(_at);
        free[0] = Protobuf.LengthDelimited(1);
        int at = 1 + Protobuf.WriteVarint((uint)length, free[1..]);
        if (isSum) at += Protobuf.WriteFixed64(2, startNs, free[at..]);
        at += Protobuf.WriteFixed64(3, timeNs, free[at..]);
        if (source.IsFloat) at += Protobuf.WriteFixed64(4, BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(value) * source.Factor), free[at..]);
        else if (source.Factor > 0) at += Protobuf.WriteFixed64(4, BitConverter.DoubleToInt64Bits(Divided(value, source.Factor)), free[at..]);
        else at += Protobuf.WriteFixed64(6, value, free[at..]);
        at += Copy(source.Attributes, free[at..]);
        at += Copy(word, free[at..]);
        at += Copy(rowAttributes, free[at..]);
        _at += at;
        _batch.Points++;
        Points++;
    }

    /// <summary>Publishes the current batch. No resource may be open.</summary>
    internal void Flush()
    {
        if (_batch is not { } batch || (_at == 0 && !batch.EndsCycle)) return;
        batch.Length = _at;
        Bytes += _at;
        _batch = null;
        _at = 0;
        _receiver.Publish(batch);
    }

    /// <summary>Publishes the current batch, if there is one, as the last one of a cycle.</summary>
    /// <param name="always">Whether to publish an empty one if there is none: it marks the end of the cycle for the sinks.</param>
    internal void EndCycle(bool always)
    {
        if (always) _batch ??= _pool.Rent();
        if (_batch is { } batch) batch.EndsCycle = true;
        Flush();
    }

    // Dividing by a power of ten gives the nearest double, multiplying by its inverse does not.
    private static double Divided(long value, double factor) => factor < 1e-8 ? value / 1e9 : value / 1e6;

    /// <summary>Makes room for a point, and opens its messages. False if it fits into no batch, which is counted.</summary>
    private bool TryMakeRoom(int pointBytes)
    {
        if (_batch is not null && _at + pointBytes + HeadBytes() > _batch.Buffer.Length && _at > 0)
        {
            CloseResource();
            Flush();
        }

        _batch ??= _pool.Rent();
        if (_at + pointBytes + HeadBytes() > _batch.Buffer.Length)
        {
            _counters.Add(AgentCounter.PointsUnencodable);
            return false;
        }

        if (_resourceStart < 0) OpenResource();
        if (_metricStart < 0) OpenMetric();
        return true;
    }

    // The bytes of the messages that are not open yet.
    private int HeadBytes()
    {
        const int Message = 1 + Protobuf.LengthBytes;
        int bytes = _metricStart >= 0 ? 0 : (2 * Message) + _family!.Head.Length + 4;
        return _resourceStart >= 0 ? bytes : bytes + (2 * Message) + _resource.Length + Scope.Length;
    }

    private void OpenResource()
    {
        _resourceStart = Open(1);
        Write(_resource);
        _scopeStart = Open(2);
        Write(Scope);
    }

    private void OpenMetric()
    {
        OtlpFamily family = _family!;
        _metricStart = Open(2);
        Write(family.Head);
        _dataStart = Open(family.Kind == OtlpKind.Gauge ? 5 : 7);
        if (family.Kind == OtlpKind.Gauge) return;
        bool isDelta = _isDelta && family.Kind == OtlpKind.Counter;
        Write([Protobuf.Varint(2), (byte)(isDelta ? Delta : Cumulative), Protobuf.Varint(3), (byte)(family.Kind == OtlpKind.Counter ? 1 : 0)]);
    }

    private int Open(int field)
    {
        _batch!.Buffer[_at] = Protobuf.LengthDelimited(field);
        int start = _at + 1;
        _at = start + Protobuf.LengthBytes;
        return start;
    }

    private void Close(int start) => Protobuf.WriteLength(_at - start - Protobuf.LengthBytes, _batch!.Buffer.AsSpan(start));

    private void CloseMetric()
    {
        if (_metricStart < 0) return;
        Close(_dataStart);
        Close(_metricStart);
        _metricStart = -1;
    }

    private void CloseResource()
    {
        if (_resourceStart < 0) return;
        CloseMetric();
        Close(_scopeStart);
        Close(_resourceStart);
        _resourceStart = -1;
    }

    private void Write(ReadOnlySpan<byte> bytes) => _at += Copy(bytes, _batch!.Buffer.AsSpan(_at));

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        source.CopyTo(destination);
        return source.Length;
    }
}
