using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Encode.LineProtocol;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Encode.Telegraf;

// The measurement docker, and those of Telegraf's inputs for the host.
internal sealed partial class TelegrafEncoder
{
    private static readonly TelegrafColumns DockerCpu = new("docker", SamplePart.HostCpu);
    private static readonly TelegrafColumns DockerMemory = new("docker", SamplePart.HostMemory);
    private static readonly TelegrafColumns HostCpu = new("cpu", SamplePart.HostCpu);
    private static readonly TelegrafColumns HostMemory = new("mem", SamplePart.HostMemory);
    private static readonly TelegrafColumns HostSwap = new("swap", SamplePart.HostMemory);
    private static readonly TelegrafColumns HostLoad = new("system", SamplePart.HostLoad);
    private static readonly TelegrafColumns HostProcessors = new("system", SamplePart.HostCpu);
    private static readonly TelegrafColumns HostDisk = new("diskio", SamplePart.HostDisks);
    private static readonly TelegrafColumns HostFilesystem = new("disk", SamplePart.HostFilesystems);
    private static readonly TelegrafColumns HostInterface = new("net", SamplePart.HostInterfaces);

    // The tags of rows, which points get later; a static tag with such a key is renamed.
    private static readonly string[] RowTags = ["cpu", "name", "interface", "device", "fstype", "path", "mode"];

    private readonly CpuShares _cpuShares = new();

    /// <inheritdoc/>
    public void AcceptHost(HostSample sample)
    {
        _lines.SetTimestamp(sample.TimestampNs);
        WriteEngine(sample);

        // A sample after a census has only the counts. Empty readings would end the interval of the shares of CPU time.
        if (!_options.Host || IsCensus(sample)) return;
        WriteHostCpu(sample.Cpu);
        WriteHostMemory(sample);
        WriteSystem(sample);
        WriteHostRows("diskio"u8, ",name="u8, HostDisk, sample.Disks);
        WriteHostRows("net"u8, ",interface="u8, HostInterface, sample.Interfaces);
        for (int i = 0; i < sample.Filesystems.Count; i++)
        {
            Row row = sample.Filesystems[i];
            if (row.TimestampNs > 0) _lines.SetTimestamp(row.TimestampNs);
            WriteFilesystem(row);
        }
    }

    private static (byte[] Engine, byte[] Host) HostTags(string host, ImmutableArray<KeyValuePair<string, string>> tags)
    {
        IEnumerable<KeyValuePair<string, string?>> own = tags.Select(tag => new KeyValuePair<string, string?>(tag.Key, tag.Value));
        KeyValuePair<string, string?> engine = new("engine_host", host), name = new("host", host);
        return (ContainerTags.Build([engine, name, .. own], [], out _), ContainerTags.Build([name, .. own], RowTags, out _));
    }

    /// <summary>Whether the sample has only the counts of containers (<see cref="ContainerStateReader"/>).</summary>
    private static bool IsCensus(HostSample sample) => sample.UptimeNs == 0;

    private void WriteEngine(HostSample sample)
    {
        TelegrafPoint point = BeginHost("docker"u8, _engineTags);
        if (point.Line.IsEmpty) return;
        point.EndTags();
        DockerCpu.Write(ref point, sample.Cpu);
        DockerMemory.Write(ref point, sample.Memory);

        // No row after a census: there is no container.
        if (sample.ContainerStates.Count > 0 || IsCensus(sample)) WriteCounts(ref point, sample.ContainerStates);
        EndHost(ref point);
    }

    /// <summary>Adds the counts of containers, as dockerd counts them (setStateCounter in moby's daemon/monitor.go): all containers that are neither running nor paused count as stopped, including those that wait for a restart.</summary>
    private static void WriteCounts(ref TelegrafPoint point, RowTable states)
    {
        long running = 0, paused = 0, all = 0;
        for (int i = 0; i < states.Count; i++)
        {
            if (!states[i].Readings.TryGet(Reading.StateContainers, out long containers)) continue;
            ReadOnlySpan<byte> state = states[i].MoreKey(0);
            all += containers;
            if (state.SequenceEqual("paused"u8)) paused += containers;
            else if (state.SequenceEqual("running"u8)) running += containers;
        }

        point.Integer("n_containers="u8, all);
        point.Integer("n_containers_running="u8, running);
        point.Integer("n_containers_paused="u8, paused);
        point.Integer("n_containers_stopped="u8, all - running - paused);
    }

    private void WriteHostCpu(ReadingSet cpu)
    {
        TelegrafPoint point = BeginHost("cpu"u8, _hostTags);
        if (point.Line.IsEmpty) return;
        point.Add(",cpu=cpu-total"u8);
        point.EndTags();
        HostCpu.Write(ref point, cpu);
        _cpuShares.Write(ref point, cpu);
        EndHost(ref point);
    }

    private void WriteHostMemory(HostSample sample)
    {
        ReadingSet memory = sample.Memory;
        TelegrafPoint point = BeginHost("mem"u8, _hostTags);
        if (point.Line.IsEmpty) return;
        point.EndTags();
        HostMemory.Write(ref point, memory);
        AddSum(ref point, "active="u8, memory, Reading.HostMemoryActiveAnonBytes, Reading.HostMemoryActiveFileBytes);
        AddSum(ref point, "inactive="u8, memory, Reading.HostMemoryInactiveAnonBytes, Reading.HostMemoryInactiveFileBytes);
        AddSum(ref point, "cached="u8, memory, Reading.HostMemoryCachedBytes, Reading.HostMemorySlabReclaimableBytes);
        AddSum(ref point, "slab="u8, memory, Reading.HostMemorySlabReclaimableBytes, Reading.HostMemorySlabUnreclaimableBytes);
        if (memory.TryGet(Reading.HostMemoryTotalBytes, out long total) && memory.TryGet(Reading.HostMemoryAvailableBytes, out long available) && total > 0)
        {
            point.Float("available_percent="u8, 100.0 * available / total);
            AddUsed(ref point, total - available, total);
        }

        EndHost(ref point);
        WriteSwap(sample);
    }

    private void WriteSwap(HostSample sample)
    {
        TelegrafPoint point = BeginHost("swap"u8, _hostTags);
        if (point.Line.IsEmpty) return;
        point.EndTags();
        HostSwap.Write(ref point, sample.Memory);
        if (sample.Memory.TryGet(Reading.HostMemorySwapTotalBytes, out long total) && sample.Memory.TryGet(Reading.HostMemorySwapFreeBytes, out long free))
            AddUsed(ref point, total - free, total);
        if (sample.Vmstat.TryGet(Reading.HostVmPswpin, out long pagesIn)) point.Integer("in="u8, pagesIn * Environment.SystemPageSize);
        if (sample.Vmstat.TryGet(Reading.HostVmPswpout, out long pagesOut)) point.Integer("out="u8, pagesOut * Environment.SystemPageSize);
        EndHost(ref point);
    }

    private void WriteSystem(HostSample sample)
    {
        TelegrafPoint point = BeginHost("system"u8, _hostTags);
        if (point.Line.IsEmpty) return;
        point.EndTags();
        HostLoad.Write(ref point, sample.Load);
        HostProcessors.Write(ref point, sample.Cpu);
        if (sample.UptimeNs > 0) point.Integer("uptime="u8, sample.UptimeNs / 1_000_000_000);
        EndHost(ref point);
    }

    private void WriteHostRows(scoped ReadOnlySpan<byte> measurement, scoped ReadOnlySpan<byte> tag, TelegrafColumns columns, RowTable rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            // Telegraf's net input leaves lo out, unless its configuration names it.
            if (columns == HostInterface && IsLoopback(rows[i])) continue;
            TelegrafPoint point = BeginHost(measurement, _hostTags);
            if (point.Line.IsEmpty) return;
            point.Tag(tag, rows[i].Key);
            point.EndTags();
            columns.Write(ref point, rows[i].Readings);
            EndHost(ref point);
        }
    }

    private void WriteFilesystem(Row row)
    {
        ReadingSet readings = row.Readings;
        TelegrafPoint point = BeginHost("disk"u8, _hostTags);
        if (point.Line.IsEmpty) return;
        ReadOnlySpan<byte> device = row.MoreKey(0);
        point.Tag(",device="u8, device.StartsWith("/dev/"u8) ? device[5..] : device);
        point.Tag(",fstype="u8, row.MoreKey(1));
        point.Tag(",path="u8, row.Key);
        if (readings.TryGet(Reading.HostFilesystemReadOnly, out long readOnly)) point.Tag(",mode="u8, readOnly != 0 ? "ro"u8 : "rw"u8);
        point.EndTags();
        HostFilesystem.Write(ref point, readings);
        if (readings.TryGet(Reading.HostFilesystemUsedBytes, out long used) && readings.TryGet(Reading.HostFilesystemAvailableBytes, out long free))
            point.Float("used_percent="u8, used + free > 0 ? 100.0 * used / (used + free) : 0);
        if (readings.TryGet(Reading.HostFilesystemInodes, out long inodes) && readings.TryGet(Reading.HostFilesystemUsedInodes, out long usedInodes) && inodes > 0)
        {
            point.Integer("inodes_free="u8, inodes - usedInodes);
            point.Float("inodes_used_percent="u8, 100.0 * usedInodes / inodes);
        }

        EndHost(ref point);
    }

    private static void AddSum(ref TelegrafPoint point, scoped ReadOnlySpan<byte> name, ReadingSet readings, Reading first, Reading second)
    {
        if (readings.TryGet(first, out long some) && readings.TryGet(second, out long others)) point.Integer(name, some + others);
    }

    private static void AddUsed(ref TelegrafPoint point, long used, long total)
    {
        point.Integer("used="u8, used);
        point.Float("used_percent="u8, total > 0 ? 100.0 * used / total : 0);
    }

    private TelegrafPoint BeginHost(scoped ReadOnlySpan<byte> measurement, byte[] tags)
    {
        TelegrafFilter? filter = _selection?.FilterOf(measurement);
        if (filter is null && _selection is not null) return default;
        var point = new TelegrafPoint(_lines.Reserve(measurement.Length + tags.Length + (3 * MaxRowTagBytes) + MaxFieldBytes), filter);
        if (point.Line.IsEmpty) return point;
        point.Add(measurement);
        point.Add(tags);
        return point;
    }

    private void EndHost(ref TelegrafPoint point)
    {
        if (point.Fields > 0) _lines.End(point.Line, point.Length - 1);
    }
}
