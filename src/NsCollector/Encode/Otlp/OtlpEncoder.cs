using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Batches;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.Encode.Otlp;

/// <summary>
/// Writes samples as OTLP metrics into batches, by the metric catalogue: one resource for each container, and one for the host and the
/// agent. Used on the sampling thread only, except for <see cref="SetHost"/>. A steady sample allocates nothing.
/// </summary>
internal sealed class OtlpEncoder : IEncoder
{
    // A sample that is older than the last point by more was read after the clock was set back.
    private const long MaxSampleDelayNs = 60_000_000_000;

    // Prometheus stores times in milliseconds.
    private const long NsPerMs = 1_000_000;

    // By the part of a sample: the metrics that are written.
    private readonly OtlpFamily[][] _families;
    private readonly SamplePart[] _containerParts, _hostParts;
    private readonly AgentCounters _counters;
    private readonly OtlpWriter _writer;
    private readonly Dictionary<long, OtlpContainer> _known = [];
    private readonly RowAttributes _rows = new();
    private readonly bool _isDelta;
    private readonly long _bootNs, _agentStartNs;
    private readonly PreviousParts? _hostPrevious;
    private readonly PreviousValues? _agentPrevious;
    private readonly Dictionary<string, PreviousValues> _sinkPrevious = new(StringComparer.Ordinal);
    private EncodeOptions _options;
    private byte[] _hostResource;
    private string? _newHost;
    private ContainerList _containers = ContainerList.Empty;

    // The latest time of a point of the host's resource, and of any container's.
    private long _hostLastNs, _containerLastNs;

    // The time of the first sample of the current cycle and of the one before; 0 if there is none.
    private long _cycleNs, _previousCycleNs;
    private bool _isInCycle;

    // Of the current resource.
    private long _startNs, _timeNs, _zeroNs;

    /// <summary>Makes an encoder.</summary>
    /// <param name="options">What every point carries.</param>
    /// <param name="temporality">Since when the points of counters add up.</param>
    /// <param name="pool">Where batches come from; their size bounds a request's parts.</param>
    /// <param name="receiver">Where full batches go, and the last one of each cycle.</param>
    /// <param name="counters">Where points that cannot be encoded are counted.</param>
    /// <param name="bootNs">When the host was booted, in nanoseconds since the epoch: the start of the host's counters.</param>
    /// <param name="nowNs">The time, in nanoseconds since the epoch: the start of the agent's own counters.</param>
    internal OtlpEncoder(
        EncodeOptions options, OtlpTemporality temporality, BatchPool pool, IBatchReceiver receiver, AgentCounters counters, long bootNs, long nowNs)
    {
        _options = options;
        _families = OtlpFamily.Select(options.Selection);
        _containerParts = PartsOf(m => !m.IsOfEvent && !m.IsOfHost && !m.IsOfAgent);
        _hostParts = PartsOf(m => m.IsOfHost);
        _counters = counters;
        _isDelta = temporality == OtlpTemporality.Delta;
        _writer = new OtlpWriter(pool, receiver, temporality, counters);
        _hostResource = OtlpResource.OfHost(options);
        _bootNs = bootNs;
        _agentStartNs = nowNs;
        if (!_isDelta) return;
        _hostPrevious = new PreviousParts();
        _agentPrevious = NewAgentValues();
    }

    /// <inheritdoc/>
    public long Points => _writer.Points;

    /// <inheritdoc/>
    public long Bytes => _writer.Bytes;

    /// <summary>Changes the attribute <c>host.name</c> from the next cycle or birth on. Any thread may call it.</summary>
    public void SetHost(string host) => Volatile.Write(ref _newHost, host);

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        if (_cycleNs > 0) _previousCycleNs = _cycleNs;
        _cycleNs = 0;
        _isInCycle = true;
        Apply(containers);
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers)
    {
        _isInCycle = false;
        Apply(containers);
    }

    private void Apply(ContainerList containers)
    {
        bool isRenamed = ApplyHost();
        if (ReferenceEquals(containers, _containers) && !isRenamed) return;
        ImmutableArray<Container> before = _containers.Containers;
        _containers = containers;

        // Both are in the order of Key.
        int old = 0;
        foreach (Container container in containers.Containers)
        {
            while (old < before.Length && before[old].Key < container.Key) _known.Remove(before[old++].Key);
            if (old < before.Length && before[old].Key == container.Key) old++;
            if (_known.TryGetValue(container.Key, out OtlpContainer? known) && !isRenamed && known.Container.Identity == container.Identity) continue;
            _known[container.Key] = Make(container, known);
        }

        while (old < before.Length) _known.Remove(before[old++].Key);
    }

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        if (!_known.TryGetValue(container.Key, out OtlpContainer? known)) return;
        known.Start(sample);
        if (_isInCycle && _cycleNs == 0) _cycleNs = sample.TimestampNs;
        Begin(known.Resource, known.StartNs, TimeOfSample(sample.TimestampNs, known.LastNs));
        known.LastNs = _timeNs;
        _containerLastNs = TimeOfSample(_timeNs, _containerLastNs);

        // What was counted before the previous cycle may be in its points, under another name of the row or of the container.
        long bornNs = known.Container.Birth?.RealtimeNs ?? 0;
        if (bornNs <= _previousCycleNs) bornNs = 0;
        bool hasLimits = sample.Limits is { WasRead: true };
        foreach (SamplePart part in _containerParts)
        {
            if (!hasLimits && part is (SamplePart.Limits or SamplePart.LimitDevices or SamplePart.LimitHugetlb)) continue;

            // A cgroup's counters are 0 at its birth. Those of a network namespace may be older.
            _zeroNs = part is SamplePart.Scalars or SamplePart.Devices or SamplePart.Cores ? bornNs : 0;
            if (sample.SetOf(part) is { } set) WriteSet(part, set, known.Previous, known);
            else if (sample.RowsOf(part) is { } rows) WriteRows(part, rows, known.Previous);
        }

        _writer.EndResource();
    }

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit) => WriteEvent(SamplePart.Exit, container, exit.TimestampNs, exit.Readings, exit);

    /// <inheritdoc/>
    public void AcceptStart(Container container, StartSample start) => WriteEvent(SamplePart.Start, container, start.TimestampNs, start.Readings);

    /// <inheritdoc/>
    public void AcceptOom(Container container, OomSample oom) => WriteEvent(SamplePart.Oom, container, oom.TimestampNs, oom.Readings);

    /// <inheritdoc/>
    public void AcceptHost(HostSample sample)
    {
        Begin(_hostResource, _bootNs, TimeOfSample(sample.TimestampNs, _hostLastNs));
        _hostLastNs = _timeNs;
        foreach (SamplePart part in _hostParts)
        {
            if (sample.SetOf(part) is { } set) WriteSet(part, set, _hostPrevious);
            else if (sample.RowsOf(part) is { } rows) WriteRows(part, rows, _hostPrevious);
        }

        _writer.EndResource();
    }

    /// <summary>Writes the agent's own metrics, and those of each sink.</summary>
    /// <param name="snapshot">The agent's readings of itself.</param>
    /// <param name="timestampNs">Nanoseconds since the epoch.</param>
    internal void WriteAgent(AgentSnapshot snapshot, long timestampNs)
    {
        Begin(_hostResource, _agentStartNs, TimeOfSample(timestampNs, _hostLastNs));
        _hostLastNs = _timeNs;
        _zeroNs = _agentStartNs;
        WriteSnapshot(SamplePart.Agent, snapshot, default, _agentPrevious);
        _rows.Begin();
        OtlpFamily[] sinks = _families[(int)SamplePart.AgentSink];
        foreach (AgentSnapshot sink in sinks.Length == 0 ? [] : snapshot.Sinks) _rows.Add(sinks[0].Sources[0].RowKeys, sink.NameUtf8, null);
        for (int i = 0; i < snapshot.Sinks.Length && sinks.Length > 0; i++)
        {
            PreviousValues? previous = null;
            AgentSnapshot sink = snapshot.Sinks[i];
            if (_isDelta && !_sinkPrevious.TryGetValue(sink.Name, out previous)) _sinkPrevious[sink.Name] = previous = NewAgentValues();
            WriteSnapshot(SamplePart.AgentSink, sink, _rows[i], previous);
        }

        _writer.EndResource();
    }

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report) =>
        // The agent's own points end each cycle, unless they are not selected. Then events that were flushed before would wait in a sink.
        _writer.EndCycle(always: !_options.Selection.ShowsAllMetrics);

    /// <inheritdoc/>
    public void Flush(bool isEnd)
    {
        if (isEnd) _writer.EndCycle(always: true);
        else _writer.Flush();
    }

    private static PreviousValues NewAgentValues() => new(0, (int)Enum.GetValues<AgentReading>().Max() + 1);

    private SamplePart[] PartsOf(Func<Measurement, bool> isOne) =>
        [.. MetricCatalogue.Measurements.Where(isOne).Select(m => m.Part).Distinct().Where(part => _families[(int)part].Length > 0)];

    private bool ApplyHost()
    {
        if (Volatile.Read(ref _newHost) is null || Interlocked.Exchange(ref _newHost, null) is not { } host) return false;
        _options = _options with { Host = host };
        _hostResource = OtlpResource.OfHost(_options);
        return true;
    }

    private OtlpContainer Make(Container container, OtlpContainer? before = null)
    {
        var made = new OtlpContainer(container, _options, _isDelta, before);
        _counters.Add(AgentCounter.TagsLeftOut, made.AttributesLeftOut);
        return made;
    }

    /// <summary>
    /// The time of a sample, but not before the last point of its resource: Prometheus writes target_info at the time of each resource and
    /// refuses the whole request if that goes back.
    /// </summary>
    private static long TimeOfSample(long timeNs, long lastNs) => lastNs > timeNs && lastNs - timeNs <= MaxSampleDelayNs ? lastNs : timeNs;

    private void Begin(byte[] resource, long startNs, long timeNs)
    {
        _zeroNs = 0;
        _timeNs = timeNs;

        // A start after the end would make the points invalid; the clock may have been set back.
        _startNs = Math.Min(startNs, timeNs);
        _writer.BeginResource(resource);
    }

    /// <summary>Writes the points of an event. Its container may not be in the current list, or in any.</summary>
    private void WriteEvent(SamplePart part, Container container, long timestampNs, ReadingSet readings, ExitSample? exit = null)
    {
        OtlpContainer known = _known.TryGetValue(container.Key, out OtlpContainer? current) && current.Container.Identity == container.Identity ? current : Make(container);

        // A container_start is reported minutes after the birth. Two events must not have the same time.
        long lastNs = known == current ? known.LastNs : _containerLastNs;
        Begin(known.Resource, known.StartNs, timestampNs > lastNs ? timestampNs : lastNs + NsPerMs);
        known.LastNs = _timeNs;
        _containerLastNs = Math.Max(_containerLastNs, _timeNs);
        WriteSet(part, readings, null);
        if (exit is not null)
        {
            WriteSet(SamplePart.Protocols, exit.Protocols, known.Previous, known);
            WriteRows(SamplePart.Flows, exit.Flows, known.Previous);
        }

        _writer.EndResource();
    }

    private void WriteSet(SamplePart part, ReadingSet set, PreviousParts? previous, OtlpContainer? container = null)
    {
        if (set.IsEmpty) return;
        foreach (OtlpFamily family in _families[(int)part])
        {
            _writer.BeginMetric(family);
            foreach (OtlpSource source in family.Sources)
            {
                if (!source.TryGet(set, out long value)) continue;
                if (source.Subtracted is not null && family.Kind == OtlpKind.Counter && container is not null) value = container.Monotonic(value, set[(Reading)source.Index]);
                Write(family, source, value, _timeNs, default, previous is null ? null : previous.SetOf(part));
            }

            _writer.EndMetric();
        }
    }

    private void WriteRows(SamplePart part, RowTable rows, PreviousParts? previous)
    {
        OtlpFamily[] families = _families[(int)part];
        if (rows.Count == 0 || families.Length == 0) return;
        byte[][] keys = families[0].Sources[0].RowKeys;
        _rows.Begin();
        for (int i = 0; i < rows.Count; i++) _rows.Add(keys, rows[i].Key, rows[i]);
        PreviousRows? previousRows = previous?.RowsOf(part);
        previousRows?.Begin();
        foreach (OtlpFamily family in families)
        {
            _writer.BeginMetric(family);
            foreach (OtlpSource source in family.Sources)
            {
                for (int i = 0; i < rows.Count; i++)
                {
                    Row row = rows[i];
                    if (!source.TryGet(row.Readings, out long value)) continue;
                    PreviousValues? before = family.Kind == OtlpKind.Counter ? previousRows?.Of(_rows[i]) : null;
                    Write(family, source, value, row.TimestampNs > 0 ? row.TimestampNs : _timeNs, _rows[i], before);
                }
            }

            _writer.EndMetric();
        }

        previousRows?.End();
    }

    private void WriteSnapshot(SamplePart part, AgentSnapshot snapshot, ReadOnlySpan<byte> attributes, PreviousValues? previous)
    {
        foreach (OtlpFamily family in _families[(int)part])
        {
            _writer.BeginMetric(family);
            foreach (OtlpSource source in family.Sources)
            {
                if ((snapshot.PresentFrom((AgentReading)source.Index) & 1) != 0) Write(family, source, snapshot.Values[source.Index], _timeNs, attributes, previous);
            }

            _writer.EndMetric();
        }
    }

    private void Write(OtlpFamily family, OtlpSource source, long value, long timeNs, ReadOnlySpan<byte> attributes, PreviousValues? previous)
    {
        long startNs = _startNs;
        if (previous is not null && family.Kind == OtlpKind.Counter && !previous.TryReplace(source.Index, value, timeNs, _zeroNs, out value, out startNs)) return;
        _writer.Point(source, value, startNs, timeNs, attributes);
    }
}
