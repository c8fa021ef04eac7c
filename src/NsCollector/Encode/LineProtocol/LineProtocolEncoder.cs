using System.Buffers.Text;
using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Batches;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;

namespace NsCollector.Encode.LineProtocol;

/// <summary>
/// Writes samples as InfluxDB line protocol into batches, by the metric catalogue. Before a line is written its maximum
/// length is reserved, so a line is never split over two batches and never cut. Used on one thread only, but for <see cref="SetHost"/>.
/// </summary>
internal sealed class LineProtocolEncoder : ISampleConsumer
{
    // ' ', 20 digits, LF.
    private const int MaxTimestampBytes = 22;

    // Maximum remembered timestamps of events; above it the set is cleared.
    private const int MaxTimestamps = 4096;

    private static readonly Measurement[] ContainerMeasurements =
        [.. MetricCatalogue.Measurements.Where(m => m.Part is not (SamplePart.Exit or SamplePart.Oom or SamplePart.Agent or SamplePart.AgentSink))];

    private static readonly Measurement ExitMeasurement = MetricCatalogue.Measurements.Single(m => m.Part == SamplePart.Exit);
    private static readonly Measurement OomMeasurement = MetricCatalogue.Measurements.Single(m => m.Part == SamplePart.Oom);
    private static readonly Measurement AgentMeasurement = MetricCatalogue.Measurements.Single(m => m.Part == SamplePart.Agent);
    private static readonly Measurement SinkMeasurement = MetricCatalogue.Measurements.Single(m => m.Part == SamplePart.AgentSink);

    private readonly BatchPool _pool;
    private readonly IBatchReceiver _receiver;
    private readonly AgentCounters _counters;
    private readonly Dictionary<long, ContainerTags> _tags = [];
    private readonly HashSet<(int Series, long TimestampNs)> _times = [];
    private readonly byte[] _timestamp = new byte[MaxTimestampBytes];
    private EncodeOptions _options;
    private byte[] _agentTags;
    private string? _newHost;
    private ContainerList _containers = ContainerList.Empty;
    private Batch? _batch;
    private int _timestampLength;

    /// <summary>Makes an encoder.</summary>
    /// <param name="options">What every point carries.</param>
    /// <param name="pool">Where batches come from; its batch size bounds the length of a line.</param>
    /// <param name="receiver">Where full batches go, and the last one of each cycle.</param>
    /// <param name="counters">Where points that cannot be encoded are counted.</param>
    public LineProtocolEncoder(EncodeOptions options, BatchPool pool, IBatchReceiver receiver, AgentCounters counters)
    {
        _options = options;
        _pool = pool;
        _receiver = receiver;
        _counters = counters;
        _agentTags = AgentTags(options.Host);
    }

    /// <summary>Points encoded since the start.</summary>
    public long Points { get; private set; }

    /// <summary>Bytes encoded since the start.</summary>
    public long Bytes { get; private set; }

    /// <summary>Changes the tag <c>host</c> of all points from the next cycle or birth on. Any thread may call it.</summary>
    public void SetHost(string host) => Volatile.Write(ref _newHost, host);

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        if (Volatile.Read(ref _newHost) is not null) ApplyHost();
        if (ReferenceEquals(containers, _containers)) return;
        ImmutableArray<Container> before = _containers.Containers;
        _containers = containers;

        // Both are in the order of Key.
        int old = 0;
        foreach (Container container in containers.Containers)
        {
            while (old < before.Length && before[old].Key < container.Key) _tags.Remove(before[old++].Key);
            if (old < before.Length && before[old].Key == container.Key) old++;
            if (!_tags.TryGetValue(container.Key, out ContainerTags? tags) || !SameTags(tags.Container, container))
                _tags[container.Key] = MakeTags(container);
        }

        while (old < before.Length) _tags.Remove(before[old++].Key);
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers) => BeginCycle(containers);

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit)
    {
        WriteEvent(ExitMeasurement, container, exit.TimestampNs, exit.Readings);
        if (exit.Protocols.PresentBits == 0) return;
        if (!_tags.TryGetValue(container.Key, out ContainerTags? tags)) tags = MakeTags(container);
        SetTimestamp(exit.TimestampNs);
        foreach (Measurement measurement in ContainerMeasurements)
        {
            if (measurement.Part == SamplePart.Protocols) WriteSet(measurement, tags.Tags, default, exit.Protocols);
        }
    }

    /// <inheritdoc/>
    public void AcceptOom(Container container, OomSample oom) => WriteEvent(OomMeasurement, container, oom.TimestampNs, oom.Readings);

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        if (!_tags.TryGetValue(container.Key, out ContainerTags? tags)) return;
        SetTimestamp(sample.TimestampNs);
        foreach (Measurement measurement in ContainerMeasurements)
        {
            switch (measurement.Part)
            {
                case SamplePart.Info: WriteInfo(measurement, tags, sample); break;
                case SamplePart.Scalars: WriteSet(measurement, tags.Tags, default, sample.Scalars); break;
                case SamplePart.Protocols: WriteSet(measurement, tags.Tags, default, sample.Protocols); break;
                case SamplePart.Cores: WriteRows(measurement, tags.Tags, sample.Cores); break;
                case SamplePart.Devices: WriteRows(measurement, tags.Tags, sample.Devices); break;
                case SamplePart.Pressure: WriteRows(measurement, tags.Tags, sample.Pressure); break;
                case SamplePart.Hugetlb: WriteRows(measurement, tags.Tags, sample.Hugetlb); break;
                case SamplePart.Interfaces: WriteRows(measurement, tags.Tags, sample.Interfaces); break;
                case SamplePart.MemoryStat: WriteMemoryStat(measurement, tags, sample); break;
            }
        }
    }

    /// <summary>Writes the agent's own point, and one a sink.</summary>
    /// <param name="snapshot">The agent's readings of itself.</param>
    /// <param name="timestampNs">Nanoseconds since the epoch.</param>
    public void WriteAgent(AgentSnapshot snapshot, long timestampNs)
    {
        SetTimestamp(timestampNs);
        WriteSnapshot(AgentMeasurement, default, snapshot);
        foreach (AgentSnapshot sink in snapshot.Sinks)
        {
            WriteSnapshot(SinkMeasurement, sink.NameUtf8, sink);
        }
    }

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report)
    {
        if (_batch is { } batch) batch.EndsCycle = true;
        Flush();
    }

    /// <inheritdoc/>
    public void Flush(bool isEnd)
    {
        if (isEnd)
        {
            // An empty batch marks the end of the cycle for the sinks.
            _batch ??= _pool.Rent();
            _batch.EndsCycle = true;
        }

        Flush();
    }

    /// <summary>Publishes the current batch.</summary>
    public void Flush()
    {
        if (_batch is not { } batch || (batch.Length == 0 && !batch.EndsCycle)) return;
        _batch = null;
        _receiver.Publish(batch);
    }

    private static bool SameTags(Container before, Container now) =>
        before.IdTag == now.IdTag && before.Identity == now.Identity;

    private static byte[] AgentTags(string host) => [.. ",host="u8, .. LineProtocolText.TagValue(host)];

    private void ApplyHost()
    {
        if (Interlocked.Exchange(ref _newHost, null) is not { } host) return;
        _options = _options with { Host = host };
        _agentTags = AgentTags(host);
        foreach (Container container in _containers.Containers) _tags[container.Key] = MakeTags(container);
    }

    private ContainerTags MakeTags(Container container)
    {
        var tags = new ContainerTags(container, _options);
        _counters.Add(AgentCounter.TagsLeftOut, tags.TagsLeftOut);
        return tags;
    }

    /// <summary>Writes the point of an event. Its container may not be in the current list, or in any.</summary>
    private void WriteEvent(Measurement measurement, Container container, long timestampNs, ReadingSet readings)
    {
        if (!_tags.TryGetValue(container.Key, out ContainerTags? tags) || !SameTags(tags.Container, container)) tags = MakeTags(container);
        SetTimestamp(UniqueTimestamp(measurement, tags, timestampNs));
        Span<byte> free = Reserve(measurement, tags.Tags.Length, tags.ContainerIdField.Length + 32);
        if (free.IsEmpty) return;
        int at = Head(free, measurement, tags.Tags, default);
        at += Copy("container_id="u8, free[at..]);
        at += Copy(tags.ContainerIdField, free[at..]);
        free[at++] = (byte)',';
        at = Fields(free, at, measurement, readings.PresentBits, readings.Values, (int)readings.First);
        End(free, at);
    }

    /// <summary>
    /// A second point of a series with the same timestamp would overwrite the first in the database, so it gets a timestamp one
    /// nanosecond later. Only events can have equal timestamps, if the clock is coarse or was set back.
    /// </summary>
    private long UniqueTimestamp(Measurement measurement, ContainerTags tags, long timestampNs)
    {
        if (_times.Count >= MaxTimestamps) _times.Clear();
        var series = default(HashCode);
        series.AddBytes(measurement.NameBytes);
        series.AddBytes(tags.Tags);
        int hash = series.ToHashCode();
        while (!_times.Add((hash, timestampNs))) timestampNs++;
        return timestampNs;
    }

    private void WriteInfo(Measurement measurement, ContainerTags tags, ContainerSample sample)
    {
        Span<byte> free = Reserve(measurement, tags.Tags.Length, tags.ContainerIdField.Length + 32);
        if (free.IsEmpty) return;
        int at = Head(free, measurement, tags.Tags, default);
        at += Copy("container_id="u8, free[at..]);
        at += Copy(tags.ContainerIdField, free[at..]);
        free[at++] = (byte)',';
        at = Fields(free, at, measurement, sample.Scalars.PresentBits, sample.Scalars.Values, (int)sample.Scalars.First);
        ReadOnlySpan<byte> state = sample.State switch
        {
            ContainerState.Running => "state=\"running\","u8,
            ContainerState.Paused => "state=\"paused\","u8,
            ContainerState.Empty => "state=\"empty\","u8,
            _ => default,
        };
        at += Copy(state, free[at..]);
        End(free, at);
    }

    private void WriteRows(Measurement measurement, ReadOnlySpan<byte> tags, RowTable rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            WriteSet(measurement, tags, row.Key, row.Readings);
        }
    }

    private void WriteSet(Measurement measurement, ReadOnlySpan<byte> tags, ReadOnlySpan<byte> rowKey, ReadingSet set) =>
        WriteSet(measurement, tags, rowKey, set.PresentBits, set.Values, (int)set.First);

    // A snapshot has more readings than a word has bits; one measurement does not (Measurement.MaxReadings).
    private void WriteSnapshot(Measurement measurement, ReadOnlySpan<byte> rowKey, AgentSnapshot snapshot)
    {
        int first = measurement.Fields[0].Index;
        WriteSet(measurement, _agentTags, rowKey, snapshot.PresentFrom((AgentReading)first), snapshot.Values[first..], first);
    }

    private void WriteSet(
        Measurement measurement, ReadOnlySpan<byte> tags, ReadOnlySpan<byte> rowKey, ulong present, ReadOnlySpan<long> values, int first)
    {
        if ((present & FieldBits(measurement, first)) == 0) return;
        Span<byte> free = Reserve(measurement, tags.Length, 0);
        if (free.IsEmpty) return;
        int at = Head(free, measurement, tags, rowKey);
        at = Fields(free, at, measurement, present, values, first);
        End(free, at);
    }

    private static ulong FieldBits(Measurement measurement, int first)
    {
        // A measurement's fields stand in the order of their readings, without gaps.
        int lowest = measurement.Fields[0].Index - first;
        int count = measurement.Fields.Length;
        if (measurement.Fields[0].Index < 0) return ulong.MaxValue;
        return (count >= 64 ? ulong.MaxValue : (1UL << count) - 1) << lowest;
    }

    private static int Head(Span<byte> free, Measurement measurement, ReadOnlySpan<byte> tags, ReadOnlySpan<byte> rowKey)
    {
        int at = Copy(measurement.NameBytes, free);
        at += Copy(tags, free[at..]);
        if (measurement.RowTagBytes.Length > 0)
        {
            int before = at;
            at += Copy(measurement.RowTagBytes, free[at..]);
            int value = LineProtocolText.WriteTagValue(rowKey, free[at..]);
            at = value == 0 ? before : at + value;
        }

        free[at++] = (byte)' ';
        return at;
    }

    private static int Fields(Span<byte> free, int at, Measurement measurement, ulong present, ReadOnlySpan<long> values, int first)
    {
        foreach (Field field in measurement.Fields)
        {
            int index = field.Index - first;
            if (field.Index < 0 || ((present >> index) & 1) == 0) continue;
            at += Copy(field.NameAndEquals, free[at..]);
            at += field.Type switch
            {
                FieldType.Float => NumberText.WriteFloat(BitConverter.Int64BitsToDouble(values[index]), free[at..]),
                FieldType.Boolean => Copy(values[index] != 0 ? "true"u8 : "false"u8, free[at..]),
                _ => NumberText.WriteInteger(values[index], free[at..]),
            };
            free[at++] = (byte)',';
        }

        return at;
    }

    private void WriteMemoryStat(Measurement measurement, ContainerTags tags, ContainerSample sample)
    {
        ReadOnlySpan<byte> text = sample.MemoryStat;
        if (text.IsEmpty) return;
        // Each line of the file "key value" becomes "key=valuei,": two bytes more at the most.
        Span<byte> free = Reserve(measurement, tags.Tags.Length, text.Length + (2 * text.Count((byte)'\n')) + NumberText.MaxBytes);
        if (free.IsEmpty) return;
        int head = Head(free, measurement, tags.Tags, default);
        int at = head;
        while (text.IndexOf((byte)'\n') is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = text[..end];
            text = text[(end + 1)..];
            int space = line.IndexOf((byte)' ');
            if (space <= 0 || line[..space].ContainsAnyExcept(KernelKeyBytes)) continue;
            if (!Utf8Parser.TryParse(line[(space + 1)..], out ulong value, out int used) || used != line.Length - space - 1) continue;
            if (value > long.MaxValue)
            {
                _counters.Add(AgentCounter.ValuesImpossible);
                continue;
            }

            at += Copy(line[..space], free[at..]);
            free[at++] = (byte)'=';
            at += NumberText.WriteInteger((long)value, free[at..]);
            free[at++] = (byte)',';
        }

        if (at > head) End(free, at);
    }

    private static readonly System.Buffers.SearchValues<byte> KernelKeyBytes =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"u8);

    /// <summary>Reserves room for the longest possible line of a measurement; empty if no batch is large enough.</summary>
    private Span<byte> Reserve(Measurement measurement, int tagBytes, int moreBytes)
    {
        int bytes = measurement.NameBytes.Length + tagBytes + 1 + measurement.MaxFieldBytes + moreBytes + MaxTimestampBytes;
        if (measurement.RowTagBytes.Length > 0) bytes += measurement.RowTagBytes.Length + LineProtocolText.MaxEscapedTagValueBytes;
        if (bytes > _pool.BatchBytes)
        {
            _counters.Add(AgentCounter.PointsUnencodable);
            return default;
        }

        if (_batch is { } batch && batch.Length + bytes > batch.Buffer.Length) Flush();
        _batch ??= _pool.Rent();
        return _batch.Buffer.AsSpan(_batch.Length, bytes);
    }

    /// <summary>Ends the line: replaces the comma after the last field by the timestamp.</summary>
    private void End(Span<byte> line, int at)
    {
        at--;
        at += Copy(_timestamp.AsSpan(0, _timestampLength), line[at..]);
        Batch batch = _batch!;
        batch.Length += at;
        batch.Points++;
        Points++;
        Bytes += at;
    }

    private void SetTimestamp(long timestampNs)
    {
        _timestamp[0] = (byte)' ';
        Utf8Formatter.TryFormat(timestampNs, _timestamp.AsSpan(1), out int digits);
        _timestamp[digits + 1] = (byte)'\n';
        _timestampLength = digits + 2;
    }

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        source.CopyTo(destination);
        return source.Length;
    }
}
