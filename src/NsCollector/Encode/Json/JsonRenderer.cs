using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Encode.Json;

/// <summary>
/// Writes each container of a cycle as one JSON object on one line (JSON Lines), with the names of the metric catalogue:
/// a measurement is an object, one with rows an array of objects. An event is a separate object. For <c>nscollector sample --format json</c>.
/// </summary>
internal sealed class JsonRenderer : ISampleConsumer
{
    private readonly Stream _output;
    private readonly EncodeOptions _options;

    /// <summary>Makes a renderer.</summary>
    /// <param name="output">Where the lines go; flushed at the end of each cycle.</param>
    /// <param name="options">The host's name and the user's tags.</param>
    public JsonRenderer(Stream output, EncodeOptions options)
    {
        _output = output;
        _options = options;
    }

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
    }

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        using (var json = new Utf8JsonWriter(_output))
        {
            json.WriteStartObject();
            Head(json, container, sample.TimestampNs);
            if (sample.State != ContainerState.Unknown) json.WriteString("state", sample.State.ToString().ToLowerInvariant());
            foreach (Measurement measurement in MetricCatalogue.Measurements)
            {
                switch (measurement.Part)
                {
                    case SamplePart.Info or SamplePart.Scalars: Set(json, measurement, sample.Scalars); break;
                    case SamplePart.Protocols: Set(json, measurement, sample.Protocols); break;
                    case SamplePart.Connections when sample.Connections is { } connections: Set(json, measurement, connections); break;
                    case SamplePart.Netfilter when sample.Netfilter is { } netfilter: Rows(json, measurement, netfilter); break;
                    case SamplePart.Cores: Rows(json, measurement, sample.Cores); break;
                    case SamplePart.Devices: Rows(json, measurement, sample.Devices); break;
                    case SamplePart.Pressure: Rows(json, measurement, sample.Pressure); break;
                    case SamplePart.Hugetlb: Rows(json, measurement, sample.Hugetlb); break;
                    case SamplePart.Limits: Limits(json, measurement, container, sample.Limits); break;
                    case SamplePart.LimitDevices when sample.Limits is { WasRead: true } limits: Rows(json, measurement, limits.Devices, "container_limits_by_device"); break;
                    case SamplePart.LimitHugetlb when sample.Limits is { WasRead: true } limits: Rows(json, measurement, limits.Hugetlb, "container_limits_by_pagesize"); break;
                    case SamplePart.MemoryDetail when sample.MemoryDetail is { } detail: Set(json, measurement, detail.Readings); break;
                    case SamplePart.MemoryNodes when sample.MemoryDetail is { } detail: Rows(json, measurement, detail.Nodes, "container_memory_detail_by_node"); break;
                    case SamplePart.MiscResources when sample.MemoryDetail is { } detail: Rows(json, measurement, detail.Misc, "container_memory_detail_by_resource"); break;
                    case SamplePart.Flows: Rows(json, measurement, sample.Flows); break;
                    case SamplePart.Filesystems: Rows(json, measurement, sample.Filesystems); break;
                    case SamplePart.Interfaces: Rows(json, measurement, sample.Interfaces); break;
                    case SamplePart.Qdiscs: Rows(json, measurement, sample.Qdiscs); break;
                }
            }

            json.WriteEndObject();
        }

        _output.WriteByte((byte)'\n');
    }

    /// <inheritdoc/>
    public void AcceptHost(HostSample sample)
    {
        using (var json = new Utf8JsonWriter(_output))
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp_ns", sample.TimestampNs);
            json.WriteString("host", _options.Host);
            foreach (Measurement measurement in MetricCatalogue.Measurements)
            {
                if (sample.SetOf(measurement.Part) is { } set) Set(json, measurement, set);
                if (sample.RowsOf(measurement.Part) is { } rows) Rows(json, measurement, rows);
            }

            json.WriteEndObject();
        }

        _output.WriteByte((byte)'\n');
    }

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report) => _output.Flush();

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit) => WriteEvent(container, exit.TimestampNs, SamplePart.Exit, exit.Readings, exit: exit);

    /// <inheritdoc/>
    public void AcceptStart(Container container, StartSample start) => WriteEvent(container, start.TimestampNs, SamplePart.Start, start.Readings);

    /// <inheritdoc/>
    public void AcceptOom(Container container, OomSample oom) => WriteEvent(container, oom.TimestampNs, SamplePart.Oom, oom.Readings, oom.Texts);

    /// <inheritdoc/>
    public void Flush(bool isEnd) => _output.Flush();

    private void WriteEvent(Container container, long timestampNs, SamplePart part, ReadingSet readings, EventTexts? texts = null, ExitSample? exit = null)
    {
        using (var json = new Utf8JsonWriter(_output))
        {
            json.WriteStartObject();
            Head(json, container, timestampNs);
            foreach (Measurement measurement in MetricCatalogue.Measurements)
            {
                if (measurement.Part == part) Set(json, measurement, readings, texts);
                else if (exit is not null && measurement.Part == SamplePart.Protocols) Set(json, measurement, exit.Protocols);
                else if (exit is not null && measurement.Part == SamplePart.Flows) Rows(json, measurement, exit.Flows);
            }

            json.WriteEndObject();
        }

        _output.WriteByte((byte)'\n');
    }

    private void Head(Utf8JsonWriter json, Container container, long timestampNs)
    {
        ContainerIdentity identity = container.Identity;
        json.WriteNumber("timestamp_ns", timestampNs);
        json.WriteString("host", _options.Host);
        json.WriteString("runtime", RuntimeTag.Value(identity.Runtime));
        json.WriteString("container", identity.DisplayName);
        json.WriteString("container_id", identity.Id);
        Optional(json, "image", identity.Image);
        Optional(json, "namespace", identity.Namespace);
        Optional(json, "pod", identity.Pod);
        json.WriteString("cgroup", container.CgroupPath);
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) json.WriteString(name, value);
    }

    private static void Set(Utf8JsonWriter json, Measurement measurement, ReadingSet set, EventTexts? texts = null)
    {
        if (texts is not { Present.Count: > 0 } && !measurement.Fields.Any(field => field.Index >= 0 && set.Has((Reading)field.Index))) return;
        json.WriteStartObject(measurement.Name);
        Fields(json, measurement, set);
        foreach ((Field field, string value) in texts?.Present ?? []) json.WriteString(field.Name, value);
        json.WriteEndObject();
    }

    private static void Limits(Utf8JsonWriter json, Measurement measurement, Container container, LimitSample? limits)
    {
        if (limits is not { WasRead: true }) return;
        json.WriteStartObject(measurement.Name);
        foreach ((string name, string? value) in LimitOrigin.Of(container).Fields) Optional(json, name, value);
        Text(json, "cpuset_cpus", limits.CpusetCpus);
        Text(json, "cpuset_mems", limits.CpusetMems);
        Text(json, "cpuset_cpus_effective", limits.CpusetCpusEffective);
        Text(json, "cpuset_mems_effective", limits.CpusetMemsEffective);
        Fields(json, measurement, limits.Readings);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, BoundedText text)
    {
        if (!text.Bytes.IsEmpty) json.WriteString(name, text.Bytes);
    }

    // Names in an object are unique. So if a measurement has a point and rows, the rows have another name.
    private static void Rows(Utf8JsonWriter json, Measurement measurement, RowTable rows, string? name = null)
    {
        if (rows.Count == 0) return;
        json.WriteStartArray(name ?? measurement.Name);
        for (int i = 0; i < rows.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString(measurement.RowTag!, NameText.Of(rows[i].Key));
            for (int j = 0; j < measurement.MoreRowTags.Length; j++) json.WriteString(measurement.MoreRowTags[j], NameText.Of(rows[i].MoreKey(j)));
            Fields(json, measurement, rows[i].Readings);
            for (int j = 0; j < measurement.TextFields.Length; j++)
            {
                if (!rows[i].Text(j).IsEmpty) json.WriteString(measurement.TextFields[j].Name, NameText.Of(rows[i].Text(j)));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Fields(Utf8JsonWriter json, Measurement measurement, ReadingSet set)
    {
        foreach (Field field in measurement.Fields)
        {
            if (field.Index < 0 || !set.Has((Reading)field.Index)) continue;
            if (field.Type == FieldType.Float) json.WriteNumber(field.Name, Math.Round(set.GetDouble((Reading)field.Index), 6));
            else if (field.Type == FieldType.Boolean) json.WriteBoolean(field.Name, set[(Reading)field.Index] != 0);
            else if (field.Type == FieldType.String) json.WriteString(field.Name, field.Words[(int)set[(Reading)field.Index]]);
            else json.WriteNumber(field.Name, set[(Reading)field.Index]);
        }
    }
}
