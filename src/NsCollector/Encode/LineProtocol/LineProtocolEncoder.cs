using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Batches;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.Encode.LineProtocol;

/// <summary>
/// Writes samples as InfluxDB line protocol into batches, by the metric catalogue. Used on one thread only, except for
/// <see cref="SetHost"/>.
/// </summary>
internal sealed partial class LineProtocolEncoder : IEncoder
{
    // Before escaping. Longer paths of cgroups are rare, and the batch must have room for the line.
    private const int MaxEventTextBytes = 4096;

    // The tags of rows, which points get later; a static tag with such a key is renamed.
    private static readonly string[] HostRowTags =
        [.. MetricCatalogue.Measurements.Where(m => m.IsOfHost && m.RowTag is not null).SelectMany(m => m.MoreRowTags.Add(m.RowTag!)).Distinct()];

    private readonly Measurement[] _containerMeasurements, _hostMeasurements;

    // Null if none of its fields is selected.
    private readonly Measurement? _exit, _start, _oom, _agent, _sink;
    private readonly LimitTexts _limitTexts;
    private readonly AgentCounters _counters;
    private readonly LineWriter _lines;
    private readonly UnchangedPoints _unchanged;
    private readonly ContainerTagTable _tags;
    private readonly EventTimes _times = new();
    private readonly EncodeOptions _options;
    private byte[] _agentTags, _hostTags;

    // Where the field that is an age is in the current line; empty if there is none.
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
        _options = options;
        _agentTags = AgentTags(options.Host);
        _hostTags = HostTags(options.Host);
        _containerMeasurements = options.Selection.Narrow(MetricCatalogue.Measurements.Where(m => !m.IsOfEvent && !m.IsOfHost && !m.IsOfAgent));
        _hostMeasurements = options.Selection.Narrow(MetricCatalogue.Measurements.Where(m => m.IsOfHost));
        _exit = Selected(SamplePart.Exit);
        _start = Selected(SamplePart.Start);
        _oom = Selected(SamplePart.Oom);
        _agent = Selected(SamplePart.Agent);
        _sink = Selected(SamplePart.AgentSink);
        _limitTexts = new LimitTexts(Array.Find(_containerMeasurements, m => m.Part == SamplePart.Limits));
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
        if (_tags.Begin(containers)) (_agentTags, _hostTags) = (AgentTags(_tags.Host), HostTags(_tags.Host));
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers) => BeginCycle(containers);

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit)
    {
        _tags.WritePending(container);
        WriteEvent(_exit, container, exit.TimestampNs, exit.Readings);
        if (exit.Protocols.PresentBits == 0 && exit.Flows.Count == 0) return;
        ContainerTags tags = _tags.Find(container) ?? _tags.ForEvent(container);
        _lines.SetTimestamp(exit.TimestampNs);
        foreach (Measurement measurement in _containerMeasurements)
        {
            if (measurement.Part == SamplePart.Protocols) WriteSet(measurement, tags, default, exit.Protocols);
            else if (measurement.Part == SamplePart.Flows) WriteRows(measurement, tags, exit.Flows);
        }
    }

    /// <inheritdoc/>
    public void AcceptStart(Container container, StartSample start) => WriteEvent(_start, container, start.TimestampNs, start.Readings);

    /// <inheritdoc/>
    public void AcceptOom(Container container, OomSample oom) => WriteEvent(_oom, container, oom.TimestampNs, oom.Readings, oom.Texts);

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        if (_tags.Find(container) is not { } tags) return;
        _lines.SetTimestamp(sample.TimestampNs);
        tags.Series.BeginSample();
        foreach (Measurement measurement in _containerMeasurements)
        {
            switch (measurement.Part)
            {
                case SamplePart.Info: WriteInfo(measurement, tags, sample); break;
                case SamplePart.Scalars: WriteSet(measurement, tags, default, sample.Scalars); break;
                case SamplePart.Protocols: WriteSet(measurement, tags, default, sample.Protocols); break;
                case SamplePart.Connections when sample.Connections is { } connections: WriteSet(measurement, tags, default, connections); break;
                case SamplePart.Netfilter when sample.Netfilter is { } netfilter: WriteRows(measurement, tags, netfilter); break;
                case SamplePart.Cores: WriteRows(measurement, tags, sample.Cores); break;
                case SamplePart.Devices: WriteRows(measurement, tags, sample.Devices); break;
                case SamplePart.Pressure: WriteRows(measurement, tags, sample.Pressure); break;
                case SamplePart.Hugetlb: WriteRows(measurement, tags, sample.Hugetlb); break;
                case SamplePart.Interfaces: WriteRows(measurement, tags, sample.Interfaces); break;
                case SamplePart.Qdiscs: WriteRows(measurement, tags, sample.Qdiscs); break;
                case >= SamplePart.Limits and <= SamplePart.MiscResources: WriteDetail(measurement, tags, sample); break;
                case SamplePart.Flows: WriteRows(measurement, tags, sample.Flows); break;
                case SamplePart.Filesystems: WriteRows(measurement, tags, sample.Filesystems); break;
                case SamplePart.MemoryStat: WriteMemoryStat(measurement, tags, sample); break;
            }
        }

        _unchanged.ForgetOld(tags.Series, sample.TimestampNs);
    }

    /// <inheritdoc/>
    public void AcceptHost(HostSample sample)
    {
        foreach (Measurement measurement in _hostMeasurements)
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
        if (_agent is not null) WriteSnapshot(_agent, default, snapshot);
        if (_sink is null) return;
        foreach (AgentSnapshot sink in snapshot.Sinks) WriteSnapshot(_sink, sink.NameUtf8, sink);
    }

    /// <inheritdoc/>
    public void EndRun() => _tags.WriteAllPending();

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report)
    {
        // The agent's own points end each cycle, unless they are not selected. Then events that were flushed before would wait in a sink.
        if (_options.Selection.ShowsAllMetrics) _lines.EndCycle();
        else _lines.EndCycleAlways();
    }

    /// <inheritdoc/>
    public void Flush(bool isEnd)
    {
        if (isEnd) _lines.EndCycleAlways();
        else _lines.Flush();
    }

    /// <summary>Publishes the current batch.</summary>
    public void Flush() => _lines.Flush();

    private static byte[] AgentTags(string host) => [.. ",host="u8, .. LineProtocolText.TagValue(host)];

    /// <summary>The tags of the host's points: its name and the user's own tags.</summary>
    private byte[] HostTags(string host)
    {
        IEnumerable<KeyValuePair<string, string?>> own = _options.StaticTags.Select(tag => new KeyValuePair<string, string?>(tag.Key, tag.Value));
        return ContainerTags.Build([new("host", host), .. own], HostRowTags, out _);
    }

    private Measurement? Selected(SamplePart part) => _options.Selection.Narrow(MetricCatalogue.Measurements.Single(m => m.Part == part));

    /// <summary>Writes the point of an event. Its container may not be in the current list, or in any.</summary>
    private void WriteEvent(Measurement? measurement, Container container, long timestampNs, ReadingSet readings, EventTexts? texts = null)
    {
        if (measurement is null) return;
        ContainerTags tags = _tags.ForEvent(container);
        _lines.SetTimestamp(_times.Unique(measurement.NameBytes, tags.Tags, timestampNs));
        (Field Field, byte[] Value)[] strings = texts is null ? []
            : [.. texts.Present.Where(text => measurement.Fields.Contains(text.Field)).Select(text => (text.Field, LineProtocolText.StringField(text.Value, MaxEventTextBytes)))];
        Span<byte> free = Reserve(measurement, tags.Tags.Length, tags.ContainerIdField.Length + 32 + strings.Sum(text => text.Value.Length));
        if (free.IsEmpty) return;
        int head = Head(free, measurement, tags.Tags, default);
        int at = ContainerId(free, head, measurement, tags);
        at = Fields(free, at, measurement, readings.PresentBits, readings.Values, (int)readings.First);
        foreach ((Field field, byte[] value) in strings)
        {
            at += Copy(field.NameAndEquals, free[at..]);
            at += Copy(value, free[at..]);
            free[at++] = (byte)',';
        }

        if (at > head) End(free, at);
    }

    private void WriteInfo(Measurement measurement, ContainerTags tags, ContainerSample sample)
    {
        Span<byte> free = Reserve(measurement, tags.Tags.Length, tags.ContainerIdField.Length + 32);
        if (free.IsEmpty) return;
        int head = Head(free, measurement, tags.Tags, default);
        int at = ContainerId(free, head, measurement, tags);
        at = Fields(free, at, measurement, sample.Scalars.PresentBits, sample.Scalars.Values, (int)sample.Scalars.First);
        ReadOnlySpan<byte> state = sample.State switch
        {
            ContainerState.Running => "state=\"running\","u8,
            ContainerState.Paused => "state=\"paused\","u8,
            ContainerState.Empty => "state=\"empty\","u8,
            _ => default,
        };
        if (measurement.HasState) at += Copy(state, free[at..]);
        if (at > head) EndSeries(tags, free, head, at);
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
        if (row is not null) at = PointText.WriteTexts(free, at, measurement, row);
        if (at > head) EndSeries(tags, free, head, at);
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

    /// <summary>Writes a point of the host.</summary>
    private void WriteHost(Measurement measurement, Row? row, ReadingSet set)
    {
        Span<byte> free = BeginSet(measurement, _hostTags, set.PresentBits, (int)set.First);
        if (free.IsEmpty) return;
        int at = Head(free, measurement, _hostTags, row is null ? default : row.Key, row);
        End(free, Fields(free, at, measurement, set.PresentBits, set.Values, (int)set.First));
    }

    private static int ContainerId(Span<byte> free, int at, Measurement measurement, ContainerTags tags)
    {
        if (!measurement.HasContainerId) return at;
        at += Copy("container_id="u8, free[at..]);
        at += Copy(tags.ContainerIdField, free[at..]);
        free[at++] = (byte)',';
        return at;
    }

    private Span<byte> BeginSet(Measurement measurement, ReadOnlySpan<byte> tags, ulong present, int first) =>
        (present & measurement.FieldBits(first)) == 0 ? default : Reserve(measurement, tags.Length, 0);

    private int Head(Span<byte> free, Measurement measurement, ReadOnlySpan<byte> tags, ReadOnlySpan<byte> rowKey, Row? row = null)
    {
        _age = default;
        return PointText.WriteHead(free, measurement, tags, rowKey, row);
    }

    private int Fields(Span<byte> free, int at, Measurement measurement, ulong present, ReadOnlySpan<long> values, int first) =>
        PointText.WriteFields(free, at, measurement, present, values, first, ref _age);

    private void WriteMemoryStat(Measurement measurement, ContainerTags tags, ContainerSample sample)
    {
        ReadOnlySpan<byte> text = sample.MemoryStat;
        if (text.IsEmpty) return;
        Span<byte> free = Reserve(measurement, tags.Tags.Length, MemoryStatFields.MaxBytes(text));
        if (free.IsEmpty) return;
        int head = Head(free, measurement, tags.Tags, default);
        int at = MemoryStatFields.Write(text, free, head, out int impossible);
        if (impossible > 0) _counters.Add(AgentCounter.ValuesImpossible, impossible);
        if (at > head) EndSeries(tags, free, head, at);
    }

    /// <summary>Reserves room for the longest possible line of a measurement; empty if no batch is large enough.</summary>
    private Span<byte> Reserve(Measurement measurement, int tagBytes, int moreBytes) => _lines.Reserve(PointText.MaxBytes(measurement, tagBytes) + moreBytes);

    // The line ends with the comma after the last field.
    private void End(Span<byte> line, int at) => _lines.End(line, at - 1);

    private void EndSeries(ContainerTags tags, Span<byte> line, int head, int at) => _unchanged.End(tags.Series, line, head, at - 1, _age);

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> destination) => PointText.Copy(source, destination);
}
