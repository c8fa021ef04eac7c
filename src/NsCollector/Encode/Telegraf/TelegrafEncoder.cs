using System.Collections.Immutable;
using System.Globalization;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Batches;
using NsCollector.Encode.LineProtocol;
using NsCollector.Sample;
using NsCollector.Sample.Block;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;

namespace NsCollector.Encode.Telegraf;

/// <summary>
/// Writes samples as line protocol under the names of Telegraf's docker input, and on request those of its inputs for the host.
/// docs/telegraf.md lists the differences. Used on one thread only, except for <see cref="SetHost"/>. A steady cycle allocates nothing.
/// </summary>
internal sealed partial class TelegrafEncoder : IEncoder
{
    // The fields of the widest measurement (docker_container_mem) take less than half of it.
    private const int MaxFieldBytes = 4096;

    // The name of a tag of a row, and its value.
    private const int MaxRowTagBytes = 32 + LineProtocolText.MaxEscapedTagValueBytes;

    private static readonly TelegrafColumns Status = new("docker_container_status", SamplePart.Info, SamplePart.Scalars);
    private static readonly TelegrafColumns Exit = new("docker_container_status", SamplePart.Exit);
    private static readonly TelegrafColumns Health = new("docker_container_health", SamplePart.Info);
    private static readonly TelegrafColumns Memory = new("docker_container_mem", SamplePart.Scalars);
    private static readonly TelegrafColumns Cpu = new("docker_container_cpu", SamplePart.Scalars);
    private static readonly TelegrafColumns Core = new("docker_container_cpu", SamplePart.Cores);
    private static readonly TelegrafColumns Network = new("docker_container_net", SamplePart.Interfaces);
    private static readonly TelegrafColumns Blkio = new("docker_container_blkio", SamplePart.Devices);

    private readonly TelegrafOptions _options;
    private readonly TelegrafSelection? _selection;
    private readonly LineWriter _lines;
    private readonly UnchangedPoints _unchanged;
    private readonly ContainerTagTable _tags;
    private readonly MemoryStatFields _memoryStat = new();
    private readonly ReadingSet _networkTotal = ReadingSet.Of(SamplePart.Interfaces);
    private readonly ReadingSet _blkioTotal = ReadingSet.Of(SamplePart.Devices);
    private readonly EventTimes _times = new();
    private readonly ImmutableArray<KeyValuePair<string, string>> _staticTags;
    private byte[] _engineTags, _hostTags;

    /// <summary>Makes an encoder.</summary>
    /// <param name="options">Which points are written.</param>
    /// <param name="encode">What every point carries.</param>
    /// <param name="pool">Where batches come from; its batch size bounds the length of a line.</param>
    /// <param name="receiver">Where full batches go, and the last one of each cycle.</param>
    /// <param name="counters">Where points that cannot be encoded are counted.</param>
    internal TelegrafEncoder(TelegrafOptions options, EncodeOptions encode, BatchPool pool, IBatchReceiver receiver, AgentCounters counters)
    {
        _options = options;
        _selection = TelegrafSelection.Of(encode.Selection);
        _lines = new LineWriter(pool, receiver, counters);
        _unchanged = new UnchangedPoints(_lines, encode.SuppressUnchanged);
        _tags = new ContainerTagTable(encode, TelegrafTags.Of, _unchanged, counters);
        _staticTags = encode.StaticTags;
        (_engineTags, _hostTags) = HostTags(encode.Host, _staticTags);
    }

    /// <inheritdoc/>
    public long Points => _lines.Points;

    /// <inheritdoc/>
    public long Bytes => _lines.Bytes;

    /// <inheritdoc/>
    public void SetHost(string host) => _tags.SetHost(host);

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        if (_tags.Begin(containers)) (_engineTags, _hostTags) = HostTags(_tags.Host, _staticTags);
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers) => BeginCycle(containers);

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        if (_tags.Find(container) is not { } tags) return;
        _lines.SetTimestamp(sample.TimestampNs);
        tags.Series.BeginSample();
        ReadOnlySpan<byte> status = StatusOf(sample.State);
        WriteStatus(container, tags, status, sample);
        if (sample.Scalars.Has(Reading.InfoHealthStatus)) WriteHealth(tags, status, sample);
        WriteMemory(tags, status, sample);
        WriteCpu(tags, status, sample);
        WriteNetwork(tags, status, sample.Interfaces);
        WriteBlkio(tags, status, sample.Devices, sample.DeviceTotals);
        _unchanged.ForgetOld(tags.Series, sample.TimestampNs);
    }

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit)
    {
        _tags.WritePending(container);
        ContainerTags tags = _tags.ForEvent(container);
        _lines.SetTimestamp(_times.Unique("docker_container_status"u8, tags.Tags, exit.TimestampNs));
        TelegrafPoint point = Begin("docker_container_status"u8, tags, "exited"u8);
        if (point.Line.IsEmpty) return;
        BeginFields(ref point, tags);
        point.Integer("pid="u8, 0);
        Exit.Write(ref point, exit.Readings);
        if (ExitSample.StatusOf(exit.Readings) is { } status) point.Integer("exitcode="u8, status);
        point.Integer("finished_at="u8, exit.TimestampNs);
        if (exit.Readings.TryGet(Reading.ExitLifetimeNs, out long lifetimeNs)) point.Integer("started_at="u8, exit.TimestampNs - lifetimeNs);
        if (!point.IsHidden) _lines.End(point.Line, point.Length - 1);
    }

    /// <inheritdoc/>
    public void EndRun() => _tags.WriteAllPending();

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report) => _lines.EndCycleAlways();

    /// <inheritdoc/>
    public void Flush(bool isEnd)
    {
        if (isEnd) _lines.EndCycleAlways();
        else _lines.Flush();
    }

    // Docker's words. Docker's containers without a process are exited; for containers of other runtimes, the kernel does not say so.
    private static ReadOnlySpan<byte> StatusOf(ContainerState state) => state switch
    {
        ContainerState.Running => "running"u8,
        ContainerState.Paused => "paused"u8,
        ContainerState.Empty => "empty"u8,
        _ => default,
    };

    private void WriteStatus(Container container, ContainerTags tags, ReadOnlySpan<byte> status, ContainerSample sample)
    {
        TelegrafPoint point = Begin("docker_container_status"u8, tags, status);
        if (point.Line.IsEmpty) return;
        BeginFields(ref point, tags);
        Status.Write(ref point, sample.Scalars);

        // Docker's exit code of a container that has not exited.
        if (sample.State is ContainerState.Running or ContainerState.Paused) point.Integer("exitcode="u8, 0);
        if (container.State?.RestartCount is { } restarts) point.Integer("restart_count="u8, restarts);
        End(tags, ref point);
    }

    private void WriteHealth(ContainerTags tags, ReadOnlySpan<byte> status, ContainerSample sample)
    {
        TelegrafPoint point = Begin("docker_container_health"u8, tags, status);
        if (point.Line.IsEmpty) return;
        point.EndTags();
        Health.Write(ref point, sample.Scalars);
        End(tags, ref point);
    }

    private void WriteMemory(ContainerTags tags, ReadOnlySpan<byte> status, ContainerSample sample)
    {
        TelegrafPoint point = Begin("docker_container_mem"u8, tags, status);
        if (point.Line.IsEmpty) return;
        BeginFields(ref point, tags);
        Memory.Write(ref point, sample.Scalars);
        _memoryStat.Read(sample.MemoryStatText);
        _memoryStat.Write(ref point);
        if (_memoryStat.Subtracted is { } cache && sample.Scalars.TryGet(Reading.MemoryUsageBytes, out long usage))
        {
            // Docker subtracts it only if it is less than the usage, which is counted apart and may be behind.
            if (cache < usage) usage -= cache;
            point.Integer("usage="u8, usage);
            if (sample.Scalars.TryGet(Reading.MemoryEffectiveLimitBytes, out long limit) && limit > 0) point.Float("usage_percent="u8, 100.0 * usage / limit);
        }

        if (point.HasReadings) End(tags, ref point);
    }

    private void WriteCpu(ContainerTags tags, ReadOnlySpan<byte> status, ContainerSample sample)
    {
        if ((_options.Total & TelegrafKinds.Cpu) != 0 && sample.Scalars.Has(Reading.CpuUsageNs))
        {
            TelegrafPoint point = Begin("docker_container_cpu"u8, tags, status);
            if (point.Line.IsEmpty) return;
            point.Add(",cpu=cpu-total"u8);
            BeginFields(ref point, tags);
            Cpu.Write(ref point, sample.Scalars);
            if (sample.HostCpuNs > 0) point.Integer("usage_system="u8, sample.HostCpuNs, isAge: true);
            End(tags, ref point);
        }

        if ((_options.PerDevice & TelegrafKinds.Cpu) == 0) return;
        RowTable cores = sample.Cores.Count > 0 ? sample.Cores : sample.TelegrafCores;
        for (int i = 0; i < cores.Count; i++)
        {
            TelegrafPoint point = Begin("docker_container_cpu"u8, tags, status);
            if (point.Line.IsEmpty) return;
            point.Tag(",cpu=cpu"u8, cores[i].Key);
            BeginFields(ref point, tags);
            Core.Write(ref point, cores[i].Readings);
            if (point.HasReadings) End(tags, ref point);
        }
    }

    private void WriteNetwork(ContainerTags tags, ReadOnlySpan<byte> status, RowTable interfaces)
    {
        bool hasRow = false, hasTotal = (_options.Total & TelegrafKinds.Network) != 0;
        for (int i = 0; i < interfaces.Count; i++)
        {
            Row row = interfaces[i];
            if (IsLoopback(row)) continue;
            hasRow = true;

            // An interface can have the name `total` too. Its point would overwrite the point of the total, so it is not written; the total includes it.
            if (hasTotal && row.Key.SequenceEqual("total"u8)) continue;
            if ((_options.PerDevice & TelegrafKinds.Network) != 0) WriteRow("docker_container_net"u8, ",network="u8, row.Key, tags, status, Network, row.Readings);
        }

        if (!hasRow || !hasTotal) return;
        Sum(interfaces, _networkTotal);
        WriteRow("docker_container_net"u8, ",network="u8, "total"u8, tags, status, Network, _networkTotal);
    }

    private void WriteBlkio(ContainerTags tags, ReadOnlySpan<byte> status, RowTable devices, DeviceTotals totals)
    {
        Span<byte> number = stackalloc byte[32];
        for (int i = 0; i < devices.Count && (_options.PerDevice & TelegrafKinds.Blkio) != 0; i++)
            WriteRow("docker_container_blkio"u8, ",device="u8, DeviceOf(devices[i], number), tags, status, Blkio, devices[i].Readings);

        if ((_options.Total & TelegrafKinds.Blkio) == 0) return;
        Sum(devices, _blkioTotal);

        // The sum of the rows counts bytes twice that went through a stacked device.
        SetTotal(Reading.BlkioReadBytes, totals);
        SetTotal(Reading.BlkioWriteBytes, totals);
        WriteRow("docker_container_blkio"u8, ",device="u8, "total"u8, tags, status, Blkio, _blkioTotal);
    }

    private void SetTotal(Reading reading, DeviceTotals totals)
    {
        if (totals.IsWhole && totals.TryGet(reading, out long total)) _blkioTotal.Set(reading, total);
    }

    private void WriteRow(
        scoped ReadOnlySpan<byte> measurement, scoped ReadOnlySpan<byte> tag, scoped ReadOnlySpan<byte> key, ContainerTags tags, scoped ReadOnlySpan<byte> status,
        TelegrafColumns columns, ReadingSet readings)
    {
        TelegrafPoint point = Begin(measurement, tags, status);
        if (point.Line.IsEmpty) return;
        point.Tag(tag, key);
        BeginFields(ref point, tags);
        columns.Write(ref point, readings);
        if (columns == Blkio) WriteOperations(ref point, readings);
        End(tags, ref point);
    }

    /// <summary>The kernel's line Total of the blkio files of cgroup v1 (blkg_rwstat_read_counter in block/blk-cgroup-rwstat.c); v2 has none.</summary>
    private static void WriteOperations(ref TelegrafPoint point, ReadingSet readings)
    {
        if (readings.Has(Reading.BlkioSyncBytes) && TryAdd(readings, Reading.BlkioReadBytes, Reading.BlkioWriteBytes, Reading.BlkioDiscardBytes, out long bytes))
            point.Integer("io_service_bytes_recursive_total="u8, bytes);
        if (readings.Has(Reading.BlkioSyncOps) && TryAdd(readings, Reading.BlkioReadOps, Reading.BlkioWriteOps, Reading.BlkioDiscardOps, out long operations))
            point.Integer("io_serviced_recursive_total="u8, operations);
    }

    private static bool TryAdd(ReadingSet readings, Reading read, Reading write, Reading discard, out long sum)
    {
        // Kernels before 4.18 have no discards.
        readings.TryGet(discard, out long discarded);
        sum = 0;
        if (!readings.TryGet(read, out long first) || !readings.TryGet(write, out long second)) return false;
        sum = first + second + discarded;
        return sum >= 0;
    }

    /// <summary>Adds the rows up, except for lo, which dockerd leaves out. A reading has no sum if a row lacks it because its number is impossible.</summary>
    private static void Sum(RowTable rows, ReadingSet total)
    {
        total.Clear();
        for (Reading reading = total.First; reading <= total.Last; reading++)
        {
            long sum = 0;
            bool any = false, whole = true;
            for (int i = 0; i < rows.Count; i++)
            {
                if (IsLoopback(rows[i])) continue;
                whole &= !rows[i].Readings.IsImpossible(reading);
                if (!rows[i].Readings.TryGet(reading, out long value)) continue;
                any = true;
                whole &= value <= long.MaxValue - sum;
                sum += value;
            }

            if (any && whole) total.Set(reading, sum);
        }
    }

    private static bool IsLoopback(Row row) => row.Key.SequenceEqual("lo"u8);

    private static ReadOnlySpan<byte> DeviceOf(Row row, Span<byte> number)
    {
        if (row.Number == 0) return row.Key;
        ((uint)(row.Number >> 32)).TryFormat(number, out int major, provider: CultureInfo.InvariantCulture);
        number[major] = (byte)':';
        ((uint)row.Number).TryFormat(number[(major + 1)..], out int minor, provider: CultureInfo.InvariantCulture);
        return number[..(major + 1 + minor)];
    }

    /// <summary>Begins a point of a container; its line is empty if no batch is large enough, or no field is selected.</summary>
    private TelegrafPoint Begin(scoped ReadOnlySpan<byte> measurement, ContainerTags tags, scoped ReadOnlySpan<byte> status)
    {
        TelegrafFilter? filter = _selection?.FilterOf(measurement);
        if (filter is null && _selection is not null) return default;
        var point = new TelegrafPoint(_lines.Reserve(measurement.Length + tags.Tags.Length + tags.ContainerIdField.Length + MaxRowTagBytes + MaxFieldBytes), filter);
        if (point.Line.IsEmpty) return point;
        point.Add(measurement);
        point.Add(tags.Tags);
        if (status.IsEmpty) return point;
        point.Add(",container_status="u8);
        point.Add(status);
        return point;
    }

    private static void BeginFields(ref TelegrafPoint point, ContainerTags tags)
    {
        point.EndTags();
        point.Identity("container_id="u8, tags.ContainerIdField);
    }

    private void End(ContainerTags tags, ref TelegrafPoint point)
    {
        if (!point.IsHidden) _unchanged.End(tags.Series, point.Line, point.HeadLength, point.Length - 1, point.Age);
    }
}
