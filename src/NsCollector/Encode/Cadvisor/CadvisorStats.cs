using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Encode.Cadvisor;

/// <summary>
/// Writes samples as objects <c>stats</c> of cAdvisor's API (info/v1/container.go, info/v2/container.go, info/v2/conversion.go). Which reading
/// has which key is a column of the metric catalogue; this class knows the arrays and what depends on the version. A figure that is absent is
/// left out, where cAdvisor writes 0.
/// </summary>
internal static class CadvisorStats
{
    private static readonly CadvisorNode Scalars = CadvisorNode.Of(SamplePart.Info, SamplePart.Scalars);
    private static readonly CadvisorNode Usage = Scalars["cpu"]["usage"];
    private static readonly CadvisorNode Cfs = Scalars["cpu"]["cfs"];
    private static readonly CadvisorNode Memory = Scalars["memory"];
    private static readonly CadvisorNode Tasks = Scalars["task_stats"];
    private static readonly CadvisorNode Processes = Scalars["processes"];
    private static readonly CadvisorNode TcpAdvanced = CadvisorNode.Of(SamplePart.Protocols)["tcp_advanced"];
    private static readonly CadvisorNode Connections = CadvisorNode.Of(SamplePart.Connections);
    private static readonly CadvisorNode Devices = CadvisorNode.Of(SamplePart.Devices);
    private static readonly CadvisorNode ServiceBytes = Devices["io_service_bytes"], Serviced = Devices["io_serviced"];
    private static readonly CadvisorNode Pressure = CadvisorNode.Of(SamplePart.Pressure);
    private static readonly CadvisorNode Hugetlb = CadvisorNode.Of(SamplePart.Hugetlb);
    private static readonly CadvisorNode Interfaces = CadvisorNode.Of(SamplePart.Interfaces);
    private static readonly CadvisorNode Filesystem = CadvisorNode.Of(SamplePart.Filesystems);

    // The text "device" of container_filesystem.
    private static readonly int DeviceText = ContainerFilesystemFields.Measurement.TextFields.ToList().FindIndex(field => field.Name == "device");

    /// <summary>Writes one sample.</summary>
    /// <param name="json">Receives the object.</param>
    /// <param name="form">The version's form.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="before">The previous sample that was written; null if there is none.</param>
    /// <param name="options">What the agent reads.</param>
    /// <param name="host">Interfaces and file systems of the host, for the root; null if they are not known for this time.</param>
    internal static void Write(Utf8JsonWriter json, CadvisorForm form, ContainerSample sample, ContainerSample? before, CadvisorOptions options, HostSample? host)
    {
        bool hasFlags = form == CadvisorForm.V2Point0, isV1 = form == CadvisorForm.V1;
        RowTable interfaces = host?.Interfaces ?? sample.Interfaces;
        json.WriteStartObject();
        GoTime.Write(json, "timestamp"u8, sample.TimestampNs);
        Flag(json, hasFlags, "has_cpu"u8, sample.Scalars.Has(Reading.CpuUsageNs));
        WriteCpu(json, sample);
        if (!isV1 && before is not null) WriteCpuRate(json, sample, before);
        Flag(json, hasFlags, "has_diskio"u8, options.HasDiskIo);
        if (form != CadvisorForm.Machine) WriteDiskIo(json, sample);
        Flag(json, hasFlags, "has_memory"u8, sample.Scalars.Has(Reading.MemoryUsageBytes));
        WriteMemory(json, sample);
        Flag(json, hasFlags, "has_hugetlb"u8, sample.Hugetlb.Count > 0);
        if (form != CadvisorForm.Machine) WriteHugetlb(json, sample.Hugetlb);
        Flag(json, hasFlags, "has_network"u8, interfaces.Count > 0);
        WriteNetwork(json, isV1, interfaces, sample);
        Flag(json, hasFlags, "has_processes"u8, Processes.HasAny(sample.Scalars));
        if (form != CadvisorForm.Machine) Processes.Write(json, sample.Scalars);
        Row? root = sample.Filesystems.Find("/"u8);
        Flag(json, hasFlags, "has_filesystem"u8, root is not null || host is { Filesystems.Count: > 0 });
        if (host is not null) CadvisorFilesystems.WriteStats(json, host.Filesystems, form);
        else if (root is not null) WriteFilesystem(json, form, root);
        WriteTasks(json, form, sample.Scalars);
        Flag(json, hasFlags, "has_custom_metrics"u8, false);
        if (isV1) WriteHealth(json, sample.Scalars);
        json.WriteEndObject();
    }

    /// <summary>Whether there are figures of processes.</summary>
    internal static bool HasProcesses(ContainerSample sample) => Processes.HasAny(sample.Scalars);

    private static void Flag(Utf8JsonWriter json, bool isWritten, ReadOnlySpan<byte> key, bool value)
    {
        if (isWritten) json.WriteBoolean(key, value);
    }

    private static void WriteCpu(Utf8JsonWriter json, ContainerSample sample)
    {
        json.WriteStartObject("cpu"u8);
        json.WriteStartObject("usage"u8);
        Usage.WriteMembers(json, sample.Scalars);
        if (sample.Cores.Count > 0)
        {
            json.WriteStartArray("per_cpu_usage"u8);
            for (int i = 0; i < sample.Cores.Count; i++) json.WriteNumberValue(sample.Cores[i].Readings[Reading.CoreUsageNs]);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        Cfs.Write(json, sample.Scalars);
        WritePressure(json, sample.Pressure, "cpu"u8);
        json.WriteEndObject();
    }

    // InstCpuStats of info/v2/conversion.go, in nanoseconds per second.
    private static void WriteCpuRate(Utf8JsonWriter json, ContainerSample sample, ContainerSample before)
    {
        long elapsedNs = sample.TimestampNs - before.TimestampNs;
        if (elapsedNs <= 0 || !TryRate(Reading.CpuUsageNs, out long total)) return;
        json.WriteStartObject("cpu_inst"u8);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("total"u8, total);
        if (sample.Cores.Count > 0 && sample.Cores.Count == before.Cores.Count)
        {
            json.WriteStartArray("per_cpu_usage"u8);
            for (int i = 0; i < sample.Cores.Count; i++)
                json.WriteNumberValue(RateOf(Math.Max(0, sample.Cores[i].Readings[Reading.CoreUsageNs] - before.Cores[i].Readings[Reading.CoreUsageNs]), elapsedNs));
            json.WriteEndArray();
        }

        if (TryRate(Reading.CpuUserNs, out long user)) json.WriteNumber("user"u8, user);
        if (TryRate(Reading.CpuSystemNs, out long system)) json.WriteNumber("system"u8, system);
        json.WriteEndObject();
        json.WriteEndObject();

        // A counter that fell has begun again: there is no rate.
        bool TryRate(Reading reading, out long rate)
        {
            bool hasRate = sample.Scalars.TryGet(reading, out long now) & before.Scalars.TryGet(reading, out long then) && now >= then;
            rate = hasRate ? RateOf(now - then, elapsedNs) : 0;
            return hasRate;
        }
    }

    private static long RateOf(long usedNs, long elapsedNs) => (long)((double)usedNs / elapsedNs * 1e9);

    private static void WriteMemory(Utf8JsonWriter json, ContainerSample sample)
    {
        json.WriteStartObject("memory"u8);
        Memory.WriteMembers(json, sample.Scalars);
        WritePressure(json, sample.Pressure, "memory"u8);
        json.WriteEndObject();
    }

    private static void WritePressure(Utf8JsonWriter json, RowTable pressure, ReadOnlySpan<byte> resource)
    {
        for (int i = 0; i < pressure.Count; i++)
        {
            if (pressure[i].Key.SequenceEqual(resource)) Pressure.WriteMembers(json, pressure[i].Readings);
        }
    }

    private static void WriteDiskIo(Utf8JsonWriter json, ContainerSample sample)
    {
        json.WriteStartObject("diskio"u8);
        WriteDevices(json, "io_service_bytes"u8, ServiceBytes, sample.Devices, Reading.BlkioReadBytes, Reading.BlkioWriteBytes, Reading.BlkioDiscardBytes, Reading.BlkioSyncBytes);
        WriteDevices(json, "io_serviced"u8, Serviced, sample.Devices, Reading.BlkioReadOps, Reading.BlkioWriteOps, Reading.BlkioDiscardOps, Reading.BlkioSyncOps);
        WritePressure(json, sample.Pressure, "io"u8);
        json.WriteEndObject();
    }

    private static void WriteDevices(Utf8JsonWriter json, ReadOnlySpan<byte> key, CadvisorNode node, RowTable devices, Reading read, Reading write, Reading discard, Reading sync)
    {
        bool isBegun = false;
        for (int i = 0; i < devices.Count; i++)
        {
            Row device = devices[i];
            if (!node.HasAny(device.Readings)) continue;
            if (!isBegun) json.WriteStartArray(key);
            isBegun = true;
            json.WriteStartObject();
            json.WriteString("device"u8, "/dev/" + CadvisorText.Valid(device.Key));
            json.WriteNumber("major"u8, device.Major);
            json.WriteNumber("minor"u8, device.Minor);
            json.WriteStartObject("stats"u8);
            node.WriteMembers(json, device.Readings);

            // Only cgroup v1 counts synchronous requests and has this sum (blkg_rwstat in block/blk-cgroup-rwstat.c).
            if (device.Readings.Has(sync)) json.WriteNumber("Total"u8, ValueOf(read) + ValueOf(write) + ValueOf(discard));
            json.WriteEndObject();
            json.WriteEndObject();

            long ValueOf(Reading reading) => device.Readings.TryGet(reading, out long value) ? value : 0;
        }

        if (isBegun) json.WriteEndArray();
    }

    private static void WriteHugetlb(Utf8JsonWriter json, RowTable sizes)
    {
        if (sizes.Count == 0) return;
        json.WriteStartObject("hugetlb"u8);
        for (int i = 0; i < sizes.Count; i++)
        {
            json.WriteStartObject(CadvisorText.Valid(sizes[i].Key));
            Hugetlb.WriteMembers(json, sizes[i].Readings);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteNetwork(Utf8JsonWriter json, bool isV1, RowTable interfaces, ContainerSample sample)
    {
        json.WriteStartObject("network"u8);
        if (interfaces.Count > 0)
        {
            // In v1, the first interface is there a second time.
            if (isV1) WriteInterface(json, interfaces[0]);
            json.WriteStartArray("interfaces"u8);
            for (int i = 0; i < interfaces.Count; i++)
            {
                json.WriteStartObject();
                WriteInterface(json, interfaces[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (sample.Connections is { } connections) Connections.WriteMembers(json, connections);
        WriteTcpAdvanced(json, sample);
        json.WriteEndObject();
    }

    private static void WriteTcpAdvanced(Utf8JsonWriter json, ContainerSample sample)
    {
        if (!TcpAdvanced.HasAny(sample.Protocols)) return;
        json.WriteStartObject("tcp_advanced"u8);
        TcpAdvanced.WriteMembers(json, sample.Protocols);
        for (int i = 0; sample.TcpDetail is { IsEmpty: false } detail && i < TcpDetailFigures.Names.Length; i++)
        {
            if (detail.TryGet(i, out long value)) json.WriteNumber(TcpDetailFigures.Names[i], value);
        }

        json.WriteEndObject();
    }

    private static void WriteInterface(Utf8JsonWriter json, Row row)
    {
        json.WriteString("name"u8, CadvisorText.Valid(row.Key));
        Interfaces.WriteMembers(json, row.Readings);
    }

    private static void WriteFilesystem(Utf8JsonWriter json, CadvisorForm form, Row root)
    {
        if (form == CadvisorForm.V2Point1)
        {
            json.WriteStartObject("filesystem"u8);
            if (root.Readings.TryGet(Reading.DiskUsedBytes, out long used))
            {
                json.WriteNumber("totalUsageBytes"u8, used);
                json.WriteNumber("baseUsageBytes"u8, used);
            }

            // Misspelt in info/v2/container.go, so clients read it like that.
            if (root.Readings.TryGet(Reading.DiskUsedInodes, out long inodes)) json.WriteNumber("containter_inode_usage"u8, inodes);
            json.WriteEndObject();
            return;
        }

        json.WriteStartArray("filesystem"u8);
        json.WriteStartObject();
        json.WriteString("device"u8, CadvisorText.Valid(root.Text(DeviceText)));
        json.WriteString("type"u8, "vfs"u8);
        Filesystem.WriteMembers(json, root.Readings);

        // Of a container, inodes is how many it uses.
        json.WriteBoolean("has_inodes"u8, false);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteTasks(Utf8JsonWriter json, CadvisorForm form, ReadingSet scalars)
    {
        if (form is not (CadvisorForm.V1 or CadvisorForm.V2Point0)) return;
        Flag(json, form == CadvisorForm.V2Point0, "has_load"u8, Tasks.HasAny(scalars));
        json.WriteStartObject(form == CadvisorForm.V1 ? "task_stats"u8 : "load_stats"u8);
        Tasks.WriteMembers(json, scalars);
        json.WriteEndObject();
    }

    private static void WriteHealth(Utf8JsonWriter json, ReadingSet scalars)
    {
        json.WriteStartObject("health"u8);
        bool isKnown = scalars.TryGet(Reading.InfoHealthStatus, out long status) && status > 0 && status < HealthWords.Length;
        json.WriteString("status"u8, isKnown ? HealthWords[status] : "");
        json.WriteEndObject();
    }

    private static readonly string[] HealthWords = [.. MetricCatalogue.FieldOf(Reading.InfoHealthStatus).Words];
}
