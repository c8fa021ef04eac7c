using System.Collections.Immutable;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Hardware;

namespace NsCollector.Encode.Cadvisor;

/// <summary>Writes <c>machine</c> and <c>attributes</c> of cAdvisor's API (info/v1/machine.go, info/v2/machine.go).</summary>
/// <param name="hardware">The machine's parts.</param>
/// <param name="host">The last sample of the host; what it does not have is left out.</param>
/// <param name="identity">The identifiers of the machine and its boot.</param>
internal sealed class CadvisorMachine(MachineHardware hardware, HostSample host, CadvisorIdentity identity)
{
    /// <summary>Writes the answer to <c>machine</c>.</summary>
    internal void WriteMachine(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        GoTime.Write(json, "timestamp"u8, host.TimestampNs > 0 ? host.TimestampNs : null);
        if (hardware.Vendor is { } vendor) json.WriteString("vendor_id"u8, CadvisorText.Valid(vendor));
        WriteSizes(json, hasDetail: true);
        WriteHugePages(json, hardware.HugePages);
        Text(json, "machine_id"u8, identity.MachineId);
        Text(json, "system_uuid"u8, identity.SystemUuid);
        Text(json, "boot_id"u8, identity.BootId);
        WriteParts(json);
        json.WriteString("cloud_provider"u8, "Unknown"u8);
        json.WriteString("instance_type"u8, "Unknown"u8);
        json.WriteString("instance_id"u8, ""u8);
        json.WriteEndObject();
    }

    /// <summary>Writes the answer to <c>attributes</c>.</summary>
    /// <param name="json">Receives it.</param>
    /// <param name="version">The agent's version.</param>
    internal void WriteAttributes(Utf8JsonWriter json, string version)
    {
        json.WriteStartObject();
        Text(json, "kernel_version"u8, hardware.KernelRelease);
        Text(json, "container_os_version"u8, hardware.OperatingSystem);

        // The agent does not need Docker, and does not ask it.
        json.WriteString("docker_version"u8, ""u8);
        json.WriteString("docker_api_version"u8, ""u8);
        json.WriteString("cadvisor_version"u8, version);
        WriteSizes(json, hasDetail: false);
        Text(json, "machine_id"u8, identity.MachineId);
        Text(json, "system_uuid"u8, identity.SystemUuid);
        WriteHugePages(json, hardware.HugePages);
        WriteParts(json);
        json.WriteString("cloud_provider"u8, "Unknown"u8);
        json.WriteString("instance_type"u8, "Unknown"u8);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> key, string? value) => json.WriteString(key, CadvisorText.Valid(value ?? ""));

    private void WriteSizes(Utf8JsonWriter json, bool hasDetail)
    {
        // If the host is not sampled, what was read for this answer.
        Number(json, "num_cores"u8, host.Cpu, Reading.HostCpuCount, hardware.ThreadCount);
        if (hasDetail)
        {
            Number(json, "num_physical_cores"u8, host.Cpu, Reading.HostCpuPhysicalCores, hardware.CoreCount);
            Number(json, "num_sockets"u8, host.Cpu, Reading.HostCpuSockets, hardware.SocketCount);
        }

        if (hardware.FrequencyKhz is { } frequency) json.WriteNumber("cpu_frequency_khz"u8, frequency);
        Number(json, "memory_capacity"u8, host.Memory, Reading.HostMemoryTotalBytes, hardware.MemoryBytes);
        if (hasDetail) Number(json, "swap_capacity"u8, host.Memory, Reading.HostMemorySwapTotalBytes, hardware.SwapBytes);
    }

    private static void Number(Utf8JsonWriter json, ReadOnlySpan<byte> key, ReadingSet readings, Reading reading, long? instead)
    {
        if (readings.TryGet(reading, out long value) || instead is not null) json.WriteNumber(key, readings.Has(reading) ? value : instead!.Value);
    }

    private static void WriteHugePages(Utf8JsonWriter json, ImmutableArray<HugePagePool> pools)
    {
        json.WriteStartArray("hugepages"u8);
        foreach (HugePagePool pool in pools)
        {
            json.WriteStartObject();
            json.WriteNumber("page_size"u8, pool.SizeKib);
            json.WriteNumber("num_pages"u8, pool.Pages);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteParts(Utf8JsonWriter json)
    {
        CadvisorFilesystems.WriteMachine(json, host.Filesystems);
        json.WriteStartObject("disk_map"u8);
        foreach (HardwareDisk disk in hardware.Disks)
        {
            json.WriteStartObject($"{disk.Major}:{disk.Minor}");
            json.WriteString("name"u8, CadvisorText.Valid(disk.Name));
            json.WriteNumber("major"u8, disk.Major);
            json.WriteNumber("minor"u8, disk.Minor);
            json.WriteNumber("size"u8, disk.SizeBytes);
            json.WriteString("scheduler"u8, CadvisorText.Valid(disk.Scheduler));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("network_devices"u8);
        foreach (HardwareInterface one in hardware.Interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, CadvisorText.Valid(one.Name));
            json.WriteString("mac_address"u8, CadvisorText.Valid(one.MacAddress));
            json.WriteNumber("speed"u8, one.SpeedMbps ?? 0);
            json.WriteNumber("mtu"u8, one.Mtu);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("topology"u8);
        foreach (HardwareNode node in hardware.Nodes) WriteNode(json, node);
        json.WriteEndArray();
    }

    private static void WriteNode(Utf8JsonWriter json, HardwareNode node)
    {
        json.WriteStartObject();
        json.WriteNumber("node_id"u8, node.Id);
        if (node.MemoryBytes is { } memory) json.WriteNumber("memory"u8, memory);
        WriteHugePages(json, node.HugePages);
        json.WriteStartArray("cores"u8);
        foreach (HardwareCore core in node.Cores)
        {
            json.WriteStartObject();
            json.WriteNumber("core_id"u8, core.Id);
            json.WriteStartArray("thread_ids"u8);
            foreach (int thread in core.Threads) json.WriteNumberValue(thread);
            json.WriteEndArray();
            WriteCaches(json, "caches"u8, core.Caches);
            if (core.SharedCaches.IsEmpty) json.WriteNull("uncore_caches"u8);
            else WriteCaches(json, "uncore_caches"u8, core.SharedCaches);
            json.WriteNumber("socket_id"u8, core.Socket);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteCaches(json, "caches"u8, node.Caches);
        json.WriteStartArray("distances"u8);
        foreach (long distance in node.Distances) json.WriteNumberValue(distance);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteCaches(Utf8JsonWriter json, ReadOnlySpan<byte> key, ImmutableArray<HardwareCache> caches)
    {
        json.WriteStartArray(key);
        foreach (HardwareCache cache in caches)
        {
            json.WriteStartObject();
            json.WriteNumber("id"u8, cache.Id);
            json.WriteNumber("size"u8, cache.SizeBytes);
            json.WriteString("type"u8, CadvisorText.Valid(cache.Type));
            json.WriteNumber("level"u8, cache.Level);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
