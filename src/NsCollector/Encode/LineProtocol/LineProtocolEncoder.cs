using System.Buffers.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Batches;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.Encode.LineProtocol;

/// <summary>
/// Writes samples as InfluxDB line protocol into batches, by the metric catalogue. Used on one thread only, but for
/// <see cref="SetHost"/>.
/// </summary>
internal sealed partial class LineProtocolEncoder : IEncoder
{
    // Maximum remembered timestamps of events; above it the set is cleared.
    private const int MaxTimestamps = 4096;

    // Before escaping. Longer paths of cgroups are rare, and the batch must have room for the line.
    private const int MaxEventTextBytes = 4096;

    private static readonly Measurement[] ContainerMeasurements =
        [.. MetricCatalogue.Measurements.Where(m => !m.IsOfEvent && !m.IsOfHost && !m.IsOfAgent)];

    private static readonly Measurement[] HostMeasurements = [.. MetricCatalogue.Measurements.Where(m => m.IsOfHost)];

    private static readonly Measurement ExitMeasurement = MetricCatalogue.Measurements.Single(m => m.Part == SamplePart.Exit);
    private static readonly Measurement StartMeasurement = MetricCatalogue.Measurements.Single(m => m.Part == SamplePart.Start);
    private static readonly Measurement OomMeasurement = MetricCatalogue.Measurements.Single(m => m.Part == SamplePart.Oom);
    private static readonly Measurement AgentMeasurement = MetricCatalogue.Measurements.Single(m => m.Part == SamplePart.Agent);
    private static readonly Measurement SinkMeasurement = MetricCatalogue.Measurements.Single(m => m.Part == SamplePart.AgentSink);

    private readonly AgentCounters _counters;
    private readonly LineWriter _lines;
    private readonly UnchangedPoints _unchanged;
    private readonly ContainerTagTable _tags;
    private readonly HashSet<(int Series, long TimestampNs)> _times = [];
    private byte[] _agentTags;

    // Where the field that is an age is in the line at hand; empty if there is none.
    private Range _age;

    /// <summary>Makes an encoder.</summary>
    /// <param name="options">What every point carries.</param>
    /// <param name="pool">Where batches come from; its batch size bounds the length of a line.</param>
    /// <param name="receiver">Where full batches go, and the last one of each cycle.</param>
    /// <param name="counters">Where points that cannot be encoded are counted.</param>
    public LineProtocolEncoder(EncodeOptions options, BatchPool pool, IBatchReceiver receiver, AgentCounters counters)
    {
        _counters = counters;
        _lines = new LineWriter(pool, receiver, counters);
        _unchanged = new UnchangedPoints(_lines, options.SuppressUnchanged);
        _tags = new ContainerTagTable(options, static (container, current) => new ContainerTags(container, current), _unchanged, counters);
        _agentTags = AgentTags(options.Host);
    }

    /// <summary>Points encoded since the start.</summary>
    public long Points => _lines.Points;

    /// <summary>Bytes encoded since the start.</summary>
    public long Bytes => _lines.Bytes;

    /// <summary>Changes the tag <c>host</c> of all points from the next cycle or birth on. Any thread may call it.</summary>
    public void SetHost(string host) => _tags.SetHost(host);

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        if (_tags.Begin(containers)) _agentTags = AgentTags(_tags.Host);
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers) => BeginCycle(containers);

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit)
    {
        _tags.WritePending(container);
        WriteEvent(ExitMeasurement, container, exit.TimestampNs, exit.Readings);
        if (exit.Protocols.PresentBits == 0) return;
        ContainerTags tags = _tags.Find(container) ?? _tags.ForEvent(container);
        _lines.SetTimestamp(exit.TimestampNs);
        foreach (Measurement measurement in ContainerMeasurements)
        {
            if (measurement.Part == SamplePart.Protocols) WriteSet(measurement, tags, default, exit.Protocols);
        }
    }

    /// <inheritdoc/>
    public void AcceptStart(Container container, StartSample start) => WriteEvent(StartMeasurement, container, start.TimestampNs, start.Readings);

    /// <inheritdoc/>
    public void AcceptOom(Container container, OomSample oom) => WriteEvent(OomMeasurement, container, oom.TimestampNs, oom.Readings, oom.Texts);

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        if (_tags.Find(container) is not { } tags) return;
        _lines.SetTimestamp(sample.TimestampNs);
        tags.Series.BeginSample();
        foreach (Measurement measurement in ContainerMeasurements)
        {
            switch (measurement.Part)
            {
                case SamplePart.Info: WriteInfo(measurement, tags, sample); break;
                case SamplePart.Scalars: WriteSet(measurement, tags, default, sample.Scalars); break;
                case SamplePart.Protocols: WriteSet(measurement, tags, default, sample.Protocols); break;
                case SamplePart.Cores: WriteRows(measurement, tags, sample.Cores); break;
                case SamplePart.Devices: WriteRows(measurement, tags, sample.Devices); break;
                case SamplePart.Pressure: WriteRows(measurement, tags, sample.Pressure); break;
                case SamplePart.Hugetlb: WriteRows(measurement, tags, sample.Hugetlb); break;
                case SamplePart.Interfaces: WriteRows(measurement, tags, sample.Interfaces); break;
                case >= SamplePart.Limits and <= SamplePart.MiscResources: WriteDetail(measurement, tags, sample); break;
                case SamplePart.Filesystems: WriteRows(measurement, tags, sample.Filesystems); break;
                case SamplePart.MemoryStat: WriteMemoryStat(measurement, tags, sample); break;
            }
        }

        _unchanged.ForgetOld(tags.Series, sample.TimestampNs);
    }

    /// <inheritdoc/>
    public void AcceptHost(HostSample sample)
    {
        foreach (Measurement measurement in HostMeasurements)
        {
            _lines.SetTimestamp(sample.TimestampNs);
            if (sample.SetOf(measurement.Part) is { } set) WriteHost(measurement, null, set);
            if (sample.RowsOf(measurement.Part) is not { } rows) continue;
            for (int i = 0; i < rows.Count; i++)
            {
                if (rows[i].TimestampNs > 0) _lines.SetTimestamp(rows[i].TimestampNs);
                WriteHost(measurement, rows[i], rows[i].Readings);
            }
        }
    }

    /// <summary>Writes the agent's own point, and one a sink.</summary>
    /// <param name="snapshot">The agent's readings of itself.</param>
    /// <param name="timestampNs">Nanoseconds since the epoch.</param>
    public void WriteAgent(AgentSnapshot snapshot, long timestampNs)
    {
        _lines.SetTimestamp(timestampNs);
        WriteSnapshot(AgentMeasurement, default, snapshot);
        foreach (AgentSnapshot sink in snapshot.Sinks)
        {
            WriteSnapshot(SinkMeasurement, sink.NameUtf8, sink);
        }
    }

    /// <inheritdoc/>
    public void EndRun() => _tags.WriteAllPending();

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report) => _lines.EndCycle();

    /// <inheritdoc/>
    public void Flush(bool isEnd)
    {
        if (isEnd) _lines.EndCycleAlways();
        else _lines.Flush();
    }

    /// <summary>Publishes the current batch.</summary>
    public void Flush() => _lines.Flush();

    private static byte[] AgentTags(string host) => [.. ",host="u8, .. LineProtocolText.TagValue(host)];

    /// <summary>Writes the point of an event. Its container may not be in the current list, or in any.</summary>
    private void WriteEvent(Measurement measurement, Container container, long timestampNs, ReadingSet readings, EventTexts? texts = null)
    {
        ContainerTags tags = _tags.ForEvent(container);
        _lines.SetTimestamp(UniqueTimestamp(measurement, tags, timestampNs));
        byte[][] strings = texts is null ? [] : [.. texts.Present.Select(text => LineProtocolText.StringField(text.Value, MaxEventTextBytes))];
        Span<byte> free = Reserve(measurement, tags.Tags.Length, tags.ContainerIdField.Length + 32 + strings.Sum(value => value.Length));
        if (free.IsEmpty) return;
        int at = Head(free, measurement, tags.Tags, default);
        at += Copy("container_id="u8, free[at..]);
        at += Copy(tags.ContainerIdField, free[at..]);
        free[at++] = (byte)',';
        at = Fields(free, at, measurement, readings.PresentBits, readings.Values, (int)readings.First);
        for (int i = 0; i < strings.Length; i++)
        {
            at += Copy(texts!.Present[i].Field.NameAndEquals, free[at..]);
            at += Copy(strings[i], free[at..]);
            free[at++] = (byte)',';
        }

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
        int head = Head(free, measurement, tags.Tags, default), at = head;
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
        EndSeries(tags, free, head, at);
    }

    private void WriteRows(Measurement measurement, ContainerTags tags, RowTable rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            WriteSet(measurement, tags, row.Key, row.Readings, row);
        }
    }

    private void WriteSet(Measurement measurement, ContainerTags tags, ReadOnlySpan<byte> rowKey, ReadingSet set, Row? row = null)
    {
        Span<byte> free = BeginSet(measurement, tags.Tags, set.PresentBits, (int)set.First);
        if (free.IsEmpty) return;
        int head = Head(free, measurement, tags.Tags, rowKey, row);
        int at = Fields(free, head, measurement, set.PresentBits, set.Values, (int)set.First);
        if (row is not null) at = TextFields(free, at, measurement, row);
        EndSeries(tags, free, head, at);
    }

    private static int TextFields(Span<byte> free, int at, Measurement measurement, Row row)
    {
        for (int i = 0; i < measurement.TextFields.Length; i++)
        {
            if (row.Text(i).IsEmpty) continue;
            at += Copy(measurement.TextFields[i].NameAndEquals, free[at..]);
            at += LineProtocolText.WriteStringField(row.Text(i), free[at..]);
            free[at++] = (byte)',';
        }

        return at;
    }

    // The agent has more readings than a word has bits.
    private void WriteSnapshot(Measurement measurement, ReadOnlySpan<byte> rowKey, AgentSnapshot snapshot)
    {
        int first = measurement.Fields[0].Index, last = measurement.Fields[^1].Index;
        Span<byte> free = Reserve(measurement, _agentTags.Length, 0);
        if (free.IsEmpty) return;
        int head = Head(free, measurement, _agentTags, rowKey), at = head;
        for (int from = first; from <= last; from += Measurement.MaxReadings)
            at = Fields(free, at, measurement, snapshot.PresentFrom((AgentReading)from), snapshot.Values[from..], from);
        if (at > head) End(free, at);
    }

    /// <summary>Writes a point of the host, which has the agent's tags.</summary>
    private void WriteHost(Measurement measurement, Row? row, ReadingSet set)
    {
        Span<byte> free = BeginSet(measurement, _agentTags, set.PresentBits, (int)set.First);
        if (free.IsEmpty) return;
        int at = Head(free, measurement, _agentTags, row is null ? default : row.Key, row);
        End(free, Fields(free, at, measurement, set.PresentBits, set.Values, (int)set.First));
    }

    private Span<byte> BeginSet(Measurement measurement, ReadOnlySpan<byte> tags, ulong present, int first) =>
        (present & measurement.FieldBits(first)) == 0 ? default : Reserve(measurement, tags.Length, 0);

    private int Head(Span<byte> free, Measurement measurement, ReadOnlySpan<byte> tags, ReadOnlySpan<byte> rowKey, Row? row = null)
    {
        _age = default;
        int at = Copy(measurement.NameBytes, free);
        at += Copy(tags, free[at..]);
        if (measurement.RowTagBytes.Length > 0) at = RowTag(free, at, measurement.RowTagBytes, rowKey);
        for (int i = 0; row is not null && i < measurement.MoreRowTagBytes.Length; i++) at = RowTag(free, at, measurement.MoreRowTagBytes[i], row.MoreKey(i));
        free[at++] = (byte)' ';
        return at;
    }

    /// <summary>A tag without a value is not legal, and left out.</summary>
    private static int RowTag(Span<byte> free, int at, byte[] name, ReadOnlySpan<byte> key)
    {
        int start = at + Copy(name, free[at..]);
        int value = LineProtocolText.WriteTagValue(key, free[start..]);
        return value == 0 ? at : start + value;
    }

    private int Fields(Span<byte> free, int at, Measurement measurement, ulong present, ReadOnlySpan<long> values, int first)
    {
        foreach (Field field in measurement.Fields)
        {
            int index = field.Index - first;
            if (field.Index < 0 || (uint)index >= Measurement.MaxReadings || ((present >> index) & 1) == 0) continue;
            int start = at;
            at += Copy(field.NameAndEquals, free[at..]);
            at += field.Type switch
            {
                FieldType.Float => NumberText.WriteFloat(BitConverter.Int64BitsToDouble(values[index]), free[at..]),
                FieldType.String => Copy(field.WordBytes[values[index]], free[at..]),
                FieldType.Boolean => Copy(values[index] != 0 ? "true"u8 : "false"u8, free[at..]),
                _ => NumberText.WriteInteger(values[index], free[at..]),
            };
            free[at++] = (byte)',';
            if (field.IsAge) _age = start..(at - 1);
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

        if (at > head) EndSeries(tags, free, head, at);
    }

    private static readonly System.Buffers.SearchValues<byte> KernelKeyBytes =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"u8);

    /// <summary>Reserves room for the longest possible line of a measurement; empty if no batch is large enough.</summary>
    private Span<byte> Reserve(Measurement measurement, int tagBytes, int moreBytes)
    {
        int bytes = measurement.NameBytes.Length + tagBytes + 1 + measurement.MaxFieldBytes + moreBytes;
        if (measurement.RowTagBytes.Length > 0) bytes += measurement.RowTagBytes.Length + LineProtocolText.MaxEscapedTagValueBytes;
        foreach (byte[] tag in measurement.MoreRowTagBytes) bytes += tag.Length + LineProtocolText.MaxEscapedTagValueBytes;
        bytes += measurement.TextFields.Length * LineProtocolText.MaxEscapedNameFieldBytes;
        return _lines.Reserve(bytes);
    }

    // The line ends with the comma after the last field.
    private void End(Span<byte> line, int at) => _lines.End(line, at - 1);

    private void EndSeries(ContainerTags tags, Span<byte> line, int head, int at) => _unchanged.End(tags.Series, line, head, at - 1, _age);

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        source.CopyTo(destination);
        return source.Length;
    }
}
