using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Sample.Block;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Passes each file's text to the parser of its kind, in a cycle and at an exit. Allocates nothing in a steady state; for
/// one thread.
/// </summary>
internal sealed class CgroupFileDispatch
{
    private readonly CgroupFilePlan _plan;
    private readonly AgentCounters _counters;
    private readonly MemoryStatParser _memoryStat;
    private readonly BlockDeviceRows _devices;
    private readonly DeviceTotalsCalculator _totals;
    private readonly bool _keepsMemoryStat, _reportsMemoryStat;
    private readonly bool _reportsCores;
    private readonly bool _hasExtras;

    /// <param name="plan">The files.</param>
    /// <param name="roots">sysfs, for the names of block devices.</param>
    /// <param name="options">Limits, and whether the whole memory.stat is kept.</param>
    /// <param name="counters">Counts malformed texts.</param>
    /// <param name="totals">Sums over block devices.</param>
    internal CgroupFileDispatch(CgroupFilePlan plan, HostRoots roots, SampleOptions options, AgentCounters counters, DeviceTotalsCalculator totals)
    {
        _plan = plan;
        _counters = counters;
        _memoryStat = new MemoryStatParser(plan.UnifiedMemory);
        _devices = new BlockDeviceRows(new BlockDeviceNames(roots.Sys, options.LimitsInterval), options.MaxDevices);
        _totals = totals;
        _reportsMemoryStat = options.MemoryStat;
        _keepsMemoryStat = options.MemoryStat || options.Telegraf;
        _reportsCores = options.CpuCores;
        _hasExtras = options.Limits || options.MemoryDetail;
    }

    /// <summary>Sets the readings of one file. Malformed lines are counted, and their readings stay absent.</summary>
    internal void Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading)
    {
        ContainerSample sample = reading.Sample;
        CarriedState carried = reading.Carried;
        int malformed = 0;
        switch (file.Kind)
        {
            case CgroupFileKind.Value when file.IsPayload: malformed = AddPayload(file, text, sample.Scalars); break;
            case CgroupFileKind.Value: malformed = SingleValueParser.Parse(text, file.Reading, sample.Scalars); break;
            case CgroupFileKind.HugetlbValue: malformed = SingleValueParser.Parse(text, file.Reading, HugetlbRow(sample, file)); break;
            case CgroupFileKind.Limit: malformed = LimitRules.ApplyLimit(file, text, carried); break;
            case CgroupFileKind.Keyed when file.IsPayload: malformed = file.Parser!.Add(text, sample.Scalars); break;
            case CgroupFileKind.Keyed: malformed = file.Parser!.Parse(text, sample.Scalars); break;
            case CgroupFileKind.HugetlbKeyed: malformed = file.Parser!.Parse(text, HugetlbRow(sample, file)); break;

            case CgroupFileKind.CpuacctAll: malformed = CpuacctAllParser.Parse(text, sample.Scalars); break;
            case CgroupFileKind.CpuacctStat: malformed = file.Parser!.Parse(text, sample.Scalars, (ulong)BootClock.TickNs); break;
            case CgroupFileKind.CpuacctTicks: malformed = file.Parser!.Parse(text, sample.CpuTicks, (ulong)BootClock.TickNs); break;
            case CgroupFileKind.CpuacctPercpu: malformed = PercpuParser.Parse(text, _reportsCores ? sample.Cores : sample.TelegrafCores); break;
            case CgroupFileKind.CpuStat:
                bool isInstead = file.InsteadOf >= 0;
                bool usage = isInstead ? !sample.Scalars.Has(Reading.CpuUsageNs) : file.IsV2 && _plan.UnifiedCpuUsage && !file.IsPayload;
                bool bandwidth = !isInstead && (!file.IsV2 || _plan.UnifiedCpuBandwidth) && file.IsPayload == (carried.HasPayload && carried.HasPayloadQuota);
                malformed = CpuStatParser.Parse(text, usage, bandwidth, sample.Scalars);
                break;
            case CgroupFileKind.CpuQuotaV1: malformed = LimitRules.ApplyCpuQuotaV1(file, text, ref reading); break;
            case CgroupFileKind.CpuPeriodV1: malformed = LimitRules.ApplyCpuPeriodV1(text, ref reading); break;
            case CgroupFileKind.CpuMaxV2: malformed = LimitRules.ApplyCpuMaxV2(file, text, ref reading); break;

            case CgroupFileKind.MemoryStat:
                malformed = _memoryStat.Parse(text, sample.Scalars);
                sample.ReportsMemoryStat = _reportsMemoryStat;
                if (_keepsMemoryStat) sample.SetMemoryStat(text[..(text.LastIndexOf(KernelText.LineFeed) + 1)]);
                break;
            case CgroupFileKind.MemoryLimit: malformed = LimitRules.ApplyMemoryLimit(file, text, ref reading); break;
            case CgroupFileKind.MemoryMemswLimitV1: malformed = LimitRules.ApplyMemswLimitV1(file, text, carried); break;

            case CgroupFileKind.BlkioBytes: malformed = ParseBlkio(text, BlkioFileKind.Bytes, ref reading); break;
            case CgroupFileKind.BlkioOps: malformed = ParseBlkio(text, BlkioFileKind.Ops, ref reading); break;
            case CgroupFileKind.BlkioSectors: malformed = ParseBlkio(text, BlkioFileKind.Sectors, ref reading); break;
            case CgroupFileKind.BlkioQueued: malformed = ParseBlkio(text, BlkioFileKind.Queued, ref reading); break;
            case CgroupFileKind.IoStatV2:
                _devices.Begin(sample.Devices, reading.NowNs);
                malformed = IoStatParser.Parse(text, _devices);
                EndDevices(ref reading);
                Total(ref reading);
                break;

            case CgroupFileKind.Processes:
                sample.Scalars.TryGet(Reading.PidsProcesses, out long below);
                sample.Scalars.Set(Reading.PidsProcesses, below + text.Count(KernelText.LineFeed));
                break;
            case CgroupFileKind.PidsEvents: malformed = ParsePidsEvents(file, text, sample.Scalars); break;

            case CgroupFileKind.Pressure:
                malformed = PressureParser.Parse(text, sample.Pressure.GetOrAdd(CgroupFilePlan.Resources[file.Item]).Readings);
                break;

            case CgroupFileKind.HugetlbLimit: malformed = LimitRules.ApplyHugetlbLimit(file, text, carried); break;

            case CgroupFileKind.FreezerStateV1: carried.Frozen = text.SequenceEqual("FROZEN\n"u8) || (file.IsPayload && carried.Frozen is true); break;
            case CgroupFileKind.CgroupEventsV2:
                malformed = CgroupEventsParser.Parse(text, out bool? populated, out bool? frozen);
                carried.Populated = populated;
                if (frozen is not null && carried.Frozen is not true) carried.Frozen = frozen;
                break;
            case CgroupFileKind.PayloadEventsV2:
                malformed = CgroupEventsParser.Parse(text, out _, out bool? frozenBelow);
                if (frozenBelow is true) carried.Frozen = true;
                break;
            case CgroupFileKind.ControllersV2: ApplyControllers(text, ref reading); break;
            case CgroupFileKind.Procs:
                // An empty file shows nothing: on v1 the processes may be in a cgroup below.
                if (!text.IsEmpty) carried.Populated = true;
                break;
        }

        if (_hasExtras && file.Extras.Length > 0) malformed += ParseExtras(file, text, ref reading);
        if (malformed > 0) _counters.Add(AgentCounter.ReadErrors);
    }

    private int ParseExtras(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading)
    {
        int malformed = 0;
        foreach (ExtraParser extra in file.Extras)
        {
            // These are the rows of the limits, because no other extra parser has rows of devices.
            // Without limits, the refused devices are those of another file, and are already counted.
            if (reading.Limits is { } limits) _devices.Begin(limits.Devices, reading.NowNs);
            malformed += extra.Parse(file, text, ref reading, _devices);
            if (reading.Limits is not null && _devices.Refused > 0) _counters.Add(AgentCounter.DevicesOverLimit, _devices.Refused);
        }

        return malformed;
    }

    private ReadingSet HugetlbRow(ContainerSample sample, CgroupFile file) =>
        sample.Hugetlb.GetOrAdd(_plan.PageSizes[file.Item]).Readings;

    private int ParseBlkio(ReadOnlySpan<byte> text, BlkioFileKind kind, ref CgroupReading reading)
    {
        _devices.Begin(reading.Sample.Devices, reading.NowNs);
        int malformed = BlkioParser.Parse(text, kind, _devices);
        EndDevices(ref reading);
        if (kind == BlkioFileKind.Bytes) Total(ref reading);
        return malformed;
    }

    private void EndDevices(ref CgroupReading reading)
    {
        if (_devices.Refused > 0) _counters.Add(AgentCounter.DevicesOverLimit, _devices.Refused);
        reading.NamesDevice = _devices.Found + _devices.Refused > 0;
    }

    private void Total(ref CgroupReading reading)
    {
        if (reading.IsOfParent) return;
        _totals.Compute(reading.Sample.Devices, _devices.Refused == 0, reading.NowNs, reading.Sample.DeviceTotals);
    }

    private static int ParsePidsEvents(CgroupFile file, ReadOnlySpan<byte> text, ReadingSet scalars)
    {
        // The larger one, if there is a payload: later kernels also count the payload's events in the container's own cgroup.
        bool hasOwn = scalars.TryGet(Reading.PidsMaxEvents, out long own);
        int malformed = file.Parser!.Parse(text, scalars);
        if (hasOwn && scalars.TryGet(Reading.PidsMaxEvents, out long last)) scalars.Set(Reading.PidsMaxEvents, Math.Max(own, last));
        return malformed;
    }

    /// <summary>Adds the number of the payload's cgroup. The kernel does not include it in the number of the container's own cgroup.</summary>
    private static int AddPayload(CgroupFile file, ReadOnlySpan<byte> text, ReadingSet scalars)
    {
        SingleValue kind = SingleValueParser.Parse(text, out ulong value);
        if (kind == SingleValue.Number && scalars.TryGet(file.Reading, out long own)) scalars.SetUnsigned(file.Reading, (ulong)own + value);
        else scalars.Remove(file.Reading);
        return kind == SingleValue.Malformed ? 1 : 0;
    }

    private void ApplyControllers(ReadOnlySpan<byte> text, ref CgroupReading reading)
    {
        ulong controllers = Fnv1a.Hash(text);
        reading.ControllersChanged = controllers != reading.Carried.Controllers;
        reading.Carried.Controllers = controllers;
        ulong disabled = ulong.MaxValue;
        text = text.TrimEnd(KernelText.LineFeed);
        foreach (Range word in text.Split((byte)' ')) disabled &= ~_plan.ControllerBit(text[word]);
        reading.Carried.DisabledControllers = disabled;
    }
}
