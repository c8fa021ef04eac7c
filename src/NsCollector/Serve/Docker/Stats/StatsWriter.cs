using System.Buffers.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Encode;
using NsCollector.Sample;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker.Stats;

/// <summary>Writes the stats of a container as dockerd does (moby, api/types/container/stats.go).</summary>
/// <param name="form">Which controllers are on cgroup v2.</param>
internal sealed class StatsWriter(CgroupForm form)
{
    private static readonly JsonEncodedText[] EmptyBlkio =
    [
        .. new[] { "io_queue_recursive", "io_service_time_recursive", "io_wait_time_recursive", "io_merged_recursive", "io_time_recursive", "sectors_recursive" }
            .Select(name => JsonEncodedText.Encode(name)),
    ];

    private static readonly (Reading Reading, JsonEncodedText Name)[] NetworkColumns =
    [
        (Reading.NetworkRxBytes, JsonEncodedText.Encode("rx_bytes")), (Reading.NetworkRxPackets, JsonEncodedText.Encode("rx_packets")),
        (Reading.NetworkRxErrors, JsonEncodedText.Encode("rx_errors")), (Reading.NetworkRxDropped, JsonEncodedText.Encode("rx_dropped")),
        (Reading.NetworkTxBytes, JsonEncodedText.Encode("tx_bytes")), (Reading.NetworkTxPackets, JsonEncodedText.Encode("tx_packets")),
        (Reading.NetworkTxErrors, JsonEncodedText.Encode("tx_errors")), (Reading.NetworkTxDropped, JsonEncodedText.Encode("tx_dropped")),
    ];

    private readonly MemoryStatKeys _memoryStat = form.MemoryIsV2 ? MemoryStatKeys.V2 : MemoryStatKeys.V1;

    /// <summary>Writes the stats of a container that was sampled.</summary>
    /// <param name="writer">Receives a JSON object.</param>
    /// <param name="container">The container.</param>
    /// <param name="sample">Its sample.</param>
    /// <param name="docker">The readings beside it.</param>
    /// <param name="interfaces">The interfaces of its network namespace, whichever container owns it; null if that is the host's, or not known.</param>
    /// <param name="isOneShot">Whether the client asked for one sample, without the one before it.</param>
    internal void Write(Utf8JsonWriter writer, DockerContainer container, ContainerSample sample, DockerReadings docker, RowTable? interfaces, bool isOneShot)
    {
        Begin(writer, container);
        GoTime.Write(writer, "read"u8, sample.TimestampNs);
        WriteCpu(writer, "cpu_stats"u8, docker.Cpu);
        WriteMemory(writer, sample, docker.MemoryStat);
        if (interfaces is not null) WriteNetworks(writer, interfaces);
        WritePids(writer, sample);
        WriteBlkio(writer, sample.Devices);
        WriteFixed(writer);
        bool hasBefore = !isOneShot && docker.CpuBefore.TimestampNs > 0;
        GoTime.Write(writer, "preread"u8, hasBefore ? docker.CpuBefore.TimestampNs : 0);
        if (hasBefore) WriteCpu(writer, "precpu_stats"u8, docker.CpuBefore);
        else WriteNoCpu(writer, "precpu_stats"u8);
        writer.WriteEndObject();
    }

    /// <summary>Writes the stats of a container that does not run.</summary>
    internal static void WriteStopped(Utf8JsonWriter writer, DockerContainer container)
    {
        Begin(writer, container);
        writer.WriteString("read"u8, GoTime.Zero);
        WriteNoCpu(writer, "cpu_stats"u8);
        WriteEmpty(writer, "memory_stats"u8);
        WriteEmpty(writer, "pids_stats"u8);
        writer.WriteStartObject("blkio_stats"u8);
        writer.WriteNull("io_service_bytes_recursive"u8);
        writer.WriteNull("io_serviced_recursive"u8);
        foreach (JsonEncodedText name in EmptyBlkio) writer.WriteNull(name);
        writer.WriteEndObject();
        WriteFixed(writer);
        writer.WriteString("preread"u8, GoTime.Zero);
        WriteNoCpu(writer, "precpu_stats"u8);
        writer.WriteEndObject();
    }

    private static void Begin(Utf8JsonWriter writer, DockerContainer container)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, container.Id);
        writer.WriteString("name"u8, "/" + container.Name);
        writer.WriteString("os_type"u8, "linux"u8);
    }

    // Only Windows has values other than 0.
    private static void WriteFixed(Utf8JsonWriter writer)
    {
        writer.WriteNumber("num_procs"u8, 0);
        WriteEmpty(writer, "storage_stats"u8);
    }

    private static void WriteEmpty(Utf8JsonWriter writer, ReadOnlySpan<byte> name)
    {
        writer.WriteStartObject(name);
        writer.WriteEndObject();
    }

    private static void WriteCpu(Utf8JsonWriter writer, ReadOnlySpan<byte> name, CpuTimes cpu)
    {
        writer.WriteStartObject(name);
        writer.WriteStartObject("cpu_usage"u8);
        Write(writer, "total_usage"u8, cpu.Readings, Reading.CpuUsageNs);
        if (cpu.Cores.Length > 0)
        {
            writer.WriteStartArray("percpu_usage"u8);
            foreach (long usage in cpu.Cores) writer.WriteNumberValue(usage);
            writer.WriteEndArray();
        }

        Write(writer, "usage_in_kernelmode"u8, cpu.Readings, Reading.CpuSystemNs);
        Write(writer, "usage_in_usermode"u8, cpu.Readings, Reading.CpuUserNs);
        writer.WriteEndObject();
        if (cpu.HostNs > 0) writer.WriteNumber("system_cpu_usage"u8, cpu.HostNs);
        if (cpu.HostCpus > 0) writer.WriteNumber("online_cpus"u8, cpu.HostCpus);
        writer.WriteStartObject("throttling_data"u8);
        Write(writer, "periods"u8, cpu.Readings, Reading.CpuNrPeriods);
        Write(writer, "throttled_periods"u8, cpu.Readings, Reading.CpuNrThrottled);
        Write(writer, "throttled_time"u8, cpu.Readings, Reading.CpuThrottledNs);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteNoCpu(Utf8JsonWriter writer, ReadOnlySpan<byte> name)
    {
        writer.WriteStartObject(name);
        writer.WriteStartObject("cpu_usage"u8);
        writer.WriteNumber("total_usage"u8, 0);
        writer.WriteNumber("usage_in_kernelmode"u8, 0);
        writer.WriteNumber("usage_in_usermode"u8, 0);
        writer.WriteEndObject();
        writer.WriteStartObject("throttling_data"u8);
        writer.WriteNumber("periods"u8, 0);
        writer.WriteNumber("throttled_periods"u8, 0);
        writer.WriteNumber("throttled_time"u8, 0);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    // dockerd has neither max_usage nor failcnt of cgroup v2.
    private void WriteMemory(Utf8JsonWriter writer, ContainerSample sample, ReadOnlySpan<byte> memoryStat)
    {
        writer.WriteStartObject("memory_stats"u8);
        Write(writer, "usage"u8, sample.Scalars, Reading.MemoryUsageBytes);
        if (!form.MemoryIsV2) Write(writer, "max_usage"u8, sample.Scalars, Reading.MemoryMaxUsageBytes);
        if (!memoryStat.IsEmpty) _memoryStat.Write(writer, memoryStat);
        if (!form.MemoryIsV2 && sample.Scalars.TryGet(Reading.MemoryFailcnt, out long failures) && failures > 0) writer.WriteNumber("failcnt"u8, failures);
        Write(writer, "limit"u8, sample.Scalars, Reading.MemoryEffectiveLimitBytes);
        writer.WriteEndObject();
    }

    private static void WriteNetworks(Utf8JsonWriter writer, RowTable interfaces)
    {
        bool isOpen = false;
        for (int i = 0; i < interfaces.Count; i++)
        {
            Row row = interfaces[i];
            if (row.Key.SequenceEqual("lo"u8)) continue;
            if (!isOpen) writer.WriteStartObject("networks"u8);
            isOpen = true;

            // Any bytes may be in a name.
            writer.WriteStartObject(System.Text.Encoding.UTF8.GetString(row.Key));
            foreach ((Reading reading, JsonEncodedText name) in NetworkColumns)
            {
                if (row.Readings.TryGet(reading, out long value)) writer.WriteNumber(name, value);
            }

            writer.WriteEndObject();
        }

        if (isOpen) writer.WriteEndObject();
    }

    private static void WritePids(Utf8JsonWriter writer, ContainerSample sample)
    {
        writer.WriteStartObject("pids_stats"u8);
        Write(writer, "current"u8, sample.Scalars, Reading.PidsCurrent);
        Write(writer, "limit"u8, sample.Scalars, Reading.PidsLimit);
        writer.WriteEndObject();
    }

    private void WriteBlkio(Utf8JsonWriter writer, RowTable devices)
    {
        writer.WriteStartObject("blkio_stats"u8);
        if (form.BlkioIsV2)
        {
            WriteBytesV2(writer, devices);
            writer.WriteNull("io_serviced_recursive"u8);
            foreach (JsonEncodedText name in EmptyBlkio) writer.WriteNull(name);
        }
        else
        {
            WriteOperations(writer, "io_service_bytes_recursive"u8, devices, Reading.BlkioReadBytes);
            WriteOperations(writer, "io_serviced_recursive"u8, devices, Reading.BlkioReadOps);
            foreach (JsonEncodedText name in EmptyBlkio)
            {
                writer.WriteStartArray(name);
                writer.WriteEndArray();
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteBytesV2(Utf8JsonWriter writer, RowTable devices)
    {
        bool isOpen = false;
        for (int i = 0; i < devices.Count; i++)
        {
            ReadingSet readings = devices[i].Readings;
            if (!readings.TryGet(Reading.BlkioReadBytes, out long read) || !readings.TryGet(Reading.BlkioWriteBytes, out long written)) continue;
            if (!isOpen) writer.WriteStartArray("io_service_bytes_recursive"u8);
            isOpen = true;
            WriteOperation(writer, devices[i], "read"u8, read);
            WriteOperation(writer, devices[i], "write"u8, written);
        }

        if (isOpen) writer.WriteEndArray();
        else writer.WriteNull("io_service_bytes_recursive"u8);
    }

    /// <summary>The lines of a file of cgroup v1: of each device its operations in the kernel's order, and their total (blkg_prfill_rwstat in block/blk-cgroup-rwstat.c).</summary>
    /// <param name="writer">Receives an array.</param>
    /// <param name="name">The array's name.</param>
    /// <param name="devices">The devices.</param>
    /// <param name="read">The reading of read; write and discard follow it, then sync and async.</param>
    private static void WriteOperations(Utf8JsonWriter writer, ReadOnlySpan<byte> name, RowTable devices, Reading read)
    {
        writer.WriteStartArray(name);
        for (int i = 0; i < devices.Count; i++)
        {
            Row row = devices[i];
            if (!row.Readings.TryGet(read, out long reads) || !row.Readings.TryGet(read + 1, out long writes)) continue;
            WriteOperation(writer, row, "Read"u8, reads);
            WriteOperation(writer, row, "Write"u8, writes);
            if (row.Readings.TryGet(read + 3, out long sync)) WriteOperation(writer, row, "Sync"u8, sync);
            if (row.Readings.TryGet(read + 4, out long asynchronous)) WriteOperation(writer, row, "Async"u8, asynchronous);

            // Kernels before 4.18 have no discards.
            if (row.Readings.TryGet(read + 2, out long discards)) WriteOperation(writer, row, "Discard"u8, discards);
            WriteOperation(writer, row, "Total"u8, reads + writes + discards);
        }

        writer.WriteEndArray();
    }

    private static void WriteOperation(Utf8JsonWriter writer, Row device, ReadOnlySpan<byte> operation, long value)
    {
        (ulong major, ulong minor) = NumberOf(device);
        writer.WriteStartObject();
        writer.WriteNumber("major"u8, major);
        writer.WriteNumber("minor"u8, minor);
        writer.WriteString("op"u8, operation);
        writer.WriteNumber("value"u8, value);
        writer.WriteEndObject();
    }

    // A device without a name has its number as key.
    private static (ulong Major, ulong Minor) NumberOf(Row device)
    {
        if (device.Number != 0) return (device.Number >> 32, (uint)device.Number);
        if (!Utf8Parser.TryParse(device.Key, out uint major, out int used) || used == device.Key.Length || device.Key[used] != (byte)':') return default;
        return Utf8Parser.TryParse(device.Key[(used + 1)..], out uint minor, out _) ? (major, minor) : default;
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadingSet readings, Reading reading)
    {
        if (readings.TryGet(reading, out long value)) writer.WriteNumber(name, value);
    }
}
