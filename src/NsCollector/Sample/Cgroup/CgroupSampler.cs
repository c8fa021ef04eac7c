using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;
using static NsCollector.Sample.Cgroup.ContainerCgroup;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Reads the cgroup files of containers into <see cref="ContainerSample"/>. Belongs to the sampling thread: one scratch
/// buffer serves all containers, and a steady reading allocates nothing.
/// </summary>
/// <remarks>
/// A file is opened once, held within the <see cref="DescriptorBudget"/>, and read with pread(2) at offset 0, which makes
/// kernfs render it anew. A held file does not keep the cgroup: after rmdir it says ENODEV, by path it is ENOENT, and both
/// mean that the hierarchy has lost the container. Nothing here throws: a file that fails is counted and its readings are
/// absent in that cycle.
/// </remarks>
internal sealed class CgroupSampler : IDisposable
{
    /// <summary>The largest file that is read; a longer one is counted as a read error and what fits is used.</summary>
    internal const int MaxFileBytes = 1 << 20;

    // The files read here are each one record to the kernel (seq_show), which one read returns whole. That is checked where
    // it could be otherwise: when the text does not end in a line feed, or is so long that a page-wise reader may have
    // stopped before its next line. The check is a second pread; made for every file it would cost a quarter more.
    private const int ConfirmFromBytes = 3072;

    // A v1 limit is off at PAGE_COUNTER_MAX pages (2^63 less one page, of 64 KiB at the most) or, to 3.18, at 2^63-1.
    internal const ulong UnlimitedMemory = (1UL << 63) - 65536;

    // The same for hugetlb, rounded down to a huge page, of 16 GiB at the most.
    private const ulong UnlimitedHugetlb = (1UL << 63) - (16UL << 30);

    // When a container that lacked a hierarchy at first is looked at again.
    private const long HalfMadeNs = 200_000_000;

    // In readings of the limits.
    private const int AskAbsentEvery = 10;

    private static readonly byte[] Root = [(byte)'/', 0];

    private readonly CgroupFilePlan _plan;
    private readonly CgroupFile[] _files;
    private readonly DescriptorBudget _budget;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly MemoryStatParser _memoryStat;
    private readonly BlockDeviceRows _devices;
    private readonly HostMemory _hostMemory;
    private readonly SampleOptions _options;
    private readonly string _proc;
    private readonly long _limitsIntervalNs;
    private readonly long _nanosecondsPerTick;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
    private byte[] _path = new byte[4096 + 256];
    private int _spare;
    private long _hostMemoryDueNs = long.MinValue;
    private long _nextBudgetReportNs = long.MinValue;
    private int _reportedHeldRanks;

    // Of the reading that is under way.
    private ulong _seenStanding;
    private bool _hasQuota;
    private ulong _quota;
    private bool _hasPidsCurrent;
    private bool _isMemoryUnlimited;
    private SingleValue _ownCpuMax;

    internal CgroupSampler(CgroupMounts mounts, HostRoots roots, SampleOptions options, AgentCounters counters, ILogger logger)
        : this(mounts, roots, options, counters, logger, DescriptorBudget.RaiseDescriptorLimit())
    {
    }

    /// <param name="mounts">Where the hierarchies are.</param>
    /// <param name="roots">procfs for the host's memory, sysfs for block devices and huge page sizes.</param>
    /// <param name="options">What is read.</param>
    /// <param name="counters">Receives what goes wrong.</param>
    /// <param name="logger">Told how many files of each container are held, when that changes.</param>
    /// <param name="descriptorLimit">The soft RLIMIT_NOFILE.</param>
    internal CgroupSampler(
        CgroupMounts mounts, HostRoots roots, SampleOptions options, AgentCounters counters, ILogger logger, int descriptorLimit)
    {
        _plan = new CgroupFilePlan(mounts, options, HugePageSizes(roots.Sys));
        _files = _plan.Files;
        _budget = new DescriptorBudget(
            options.MaxHeldFiles, descriptorLimit, _plan.RankCount,
            _plan.UnifiedMemory ? DescriptorBudget.ReservePerContainerUnifiedMemory : DescriptorBudget.ReservePerContainer);
        _reportedHeldRanks = _plan.RankCount;
        _counters = counters;
        _logger = logger;
        _options = options;
        _proc = roots.Proc;
        _memoryStat = new MemoryStatParser(_plan.UnifiedMemory);
        _devices = new BlockDeviceRows(new BlockDeviceNames(roots.Sys, options.LimitsInterval), options.MaxDevices);
        _hostMemory = new HostMemory(roots.Proc);
        _limitsIntervalNs = (long)(options.LimitsInterval.TotalMilliseconds * 1e6);
        nint ticks = Libc.Sysconf(Libc._SC_CLK_TCK);
        _nanosecondsPerTick = 1_000_000_000 / (ticks > 0 ? ticks : 100);
        _spare = OpenSpare();
    }

    /// <summary>How many cgroup files are held open, over all containers.</summary>
    internal int HeldFiles => _budget.Held;

    /// <summary>How many may be held.</summary>
    internal int HeldFilesLimit => _budget.Limit;

    /// <summary>How many files of a container are held once every container has been read again: the average over all, rounded down.</summary>
    internal int HeldFilesPerContainer => _budget.WantedPerContainer(_budget.HeldRanks);

    /// <summary>How many files of a container are read each cycle: the average over all, rounded down.</summary>
    internal int CycleFilesPerContainer => _budget.WantedPerContainer(_plan.RankCount);

    /// <summary>Starts with a container: finds its directory in each hierarchy. May allocate. Its files are opened by the first reading.</summary>
    internal ContainerCgroup Open(Container container)
    {
        var cgroup = new ContainerCgroup(container, _files.Length, _plan.Hierarchies.Length, _plan.ChainCount, _plan.PageSizes.Length);
        string? processCgroups = null;
        string last = LastComponent(container.CgroupPath);
        string? previous = null;
        byte[]? previousBytes = null;
        for (int i = 0; i < _plan.Hierarchies.Length; i++)
        {
            CgroupHierarchy hierarchy = _plan.Hierarchies[i];
            string? directory = hierarchy.DirectoryOf(container.CgroupPath);
            bool stands = directory is not null && Stands(SetDirectory(cgroup, i, directory), out cgroup.Inodes[i]);
            if (!stands && container.Init is { } init)
            {
                // A runtime may use different parents in different hierarchies; the last component is the container's own.
                processCgroups ??= ReadProcessCgroups(init);
                string? other = ProcessCgroupParser.PathOf(processCgroups, hierarchy);
                if (other is not null && LastComponent(other) == last && hierarchy.DirectoryOf(other) is { } elsewhere)
                {
                    stands = Stands(SetDirectory(cgroup, i, elsewhere), out cgroup.Inodes[i]);
                }
            }

            cgroup.Standing[i] = stands;
        }

        _budget.ChangeContainers(1);
        return cgroup;

        byte[] SetDirectory(ContainerCgroup cgroup, int hierarchy, string directory)
        {
            if (directory != previous)
            {
                previous = directory;
                previousBytes = Encoding.UTF8.GetBytes(directory + "/");
                if (previousBytes.Length + 256 > _path.Length) Array.Resize(ref _path, previousBytes.Length + 256);
            }

            cgroup.Directories[hierarchy] = previousBytes;
            return previousBytes!;
        }
    }

    /// <summary>
    /// Reads everything that the container's cgroups offer into a sample that the caller has cleared: the scalars of cpu,
    /// memory and pids, the rows of cores, devices, pressure and hugetlb, memory.stat, and the state.
    /// </summary>
    /// <param name="cgroup">From <see cref="Open"/>.</param>
    /// <param name="sample">Receives the readings.</param>
    /// <param name="monotonicNowNs">The monotonic clock right before the call; CPU usage is the first thing read, and its percentage is over this clock.</param>
    internal CgroupReadResult Read(ContainerCgroup cgroup, ContainerSample sample, long monotonicNowNs)
    {
        if (cgroup.IsClosed) return CgroupReadResult.Vanished;
        int heldRanks = _budget.HeldRanks;
        if (cgroup.AppliedHeldRanks != heldRanks) ApplyHeldRanks(cgroup, heldRanks);
        if (heldRanks != _reportedHeldRanks) ReportBudget(monotonicNowNs);

        bool limits = monotonicNowNs >= cgroup.NextLimitsNs;
        if (limits) BeginLimits(cgroup, monotonicNowNs);
        _seenStanding = 0;
        _hasQuota = false;
        _hasPidsCurrent = false;

        CgroupFile[] files = _files;
        for (int i = 0; i < files.Length;)
        {
            CgroupFile file = files[i];
            // What crun makes below its cgroup may come after the first reading.
            bool absent = cgroup.Files[i] == FileState.Absent && file.Kind != CgroupFileKind.PayloadEventsV2 && !(file.IsOfPayload && limits);
            bool ofNoPayload = file.IsOfPayload && !IsNeededOfPayload(cgroup, file);
            if ((file.IsSlow && !limits) || absent || ofNoPayload || !cgroup.Standing[file.Hierarchy])
            {
                i++;
                continue;
            }

            if (file.IsSlow && !IsNeeded(file.Kind, cgroup))
            {
                i++;
                continue;
            }

            // Between two readings of the limits only the chosen one of several alternatives is read.
            if (file.Chain >= 0 && !limits && cgroup.Chosen[file.Chain] != i)
            {
                i++;
                continue;
            }

            int length = ReadFile(cgroup, i, file, limits);
            bool satisfied = length >= 0 && Take(cgroup, sample, i, _buffer.AsSpan(0, length), limits, monotonicNowNs);
            if (length < 0 && limits) LacksOfPayload(cgroup, i);

            // The container's own count alone would be a step back.
            if (length < 0 && file is { IsOfPayload: true, Kind: CgroupFileKind.PidsEvents }) sample.Scalars.Remove(Reading.PidsMaxEvents);
            i = satisfied ? file.Next : length >= 0 ? file.NextIfEmpty : i + 1;
        }

        if (cgroup.LostSome) LookForTheOthers(cgroup);
        if (!IsAnyStanding(cgroup))
        {
            ReleaseAll(cgroup);
            return CgroupReadResult.Vanished;
        }

        if (limits)
        {
            ReleaseUnchosen(cgroup);
            ReleaseOfPayload(cgroup);
        }

        Derive(cgroup, sample, monotonicNowNs);
        return cgroup.LostSome ? CgroupReadResult.PartlyVanished : CgroupReadResult.Complete;
    }

    /// <summary>Whether the container's cgroup still stands in any hierarchy.</summary>
    internal bool IsStanding(ContainerCgroup cgroup)
    {
        for (int i = 0; i < cgroup.Standing.Length; i++)
        {
            if (cgroup.Standing[i] && StillStands(cgroup, i)) return true;
        }

        return false;
    }

    /// <summary>Lets go of a container: closes what is held for it. May be called again.</summary>
    internal void Close(ContainerCgroup cgroup)
    {
        if (cgroup.IsClosed) return;
        ReleaseAll(cgroup);
        cgroup.IsClosed = true;
        _budget.ChangeContainers(-1);
    }

    /// <summary>Closes what the sampler holds for itself; containers are closed one by one.</summary>
    public void Dispose()
    {
        if (_spare >= 0) Libc.Close(_spare);
        _spare = -1;
    }

    private static bool IsAnyStanding(ContainerCgroup cgroup)
    {
        foreach (bool standing in cgroup.Standing)
        {
            if (standing) return true;
        }

        return false;
    }

    // ---- limits and state: seldom, and not for all containers in the same cycle

    private void BeginLimits(ContainerCgroup cgroup, long nowNs)
    {
        // The second time comes after a part of the interval that differs from container to container, and then one whole
        // interval after the other, so that the cost is spread over the cycles.
        bool isFirst = cgroup.NextLimitsNs == long.MinValue;
        if (isFirst || cgroup.LimitsWereEarly)
        {
            ulong spread = (ulong)cgroup.Container.Key * 0x9E3779B97F4A7C15UL >> 40;
            cgroup.NextLimitsNs = nowNs + _limitsIntervalNs / 2 + (long)(_limitsIntervalNs / 2 * (spread / (double)(1 << 24)));

            // A runtime that is still at it makes the other v1 directories, and crun its cgroup below a unit's, within milliseconds.
            cgroup.LimitsWereEarly = isFirst && (cgroup.Standing.AsSpan().Contains(false) || cgroup.Container.CgroupPath.EndsWith(".scope", StringComparison.Ordinal));
            if (cgroup.LimitsWereEarly) cgroup.NextLimitsNs = Math.Min(cgroup.NextLimitsNs, nowNs + HalfMadeNs);
        }
        else
        {
            cgroup.NextLimitsNs = nowNs + _limitsIntervalNs;
        }

        if (nowNs >= _hostMemoryDueNs)
        {
            _hostMemoryDueNs = nowNs + _limitsIntervalNs;
            _hostMemory.Refresh();
        }

        for (int i = 0; i < cgroup.Standing.Length; i++)
        {
            if (cgroup.Standing[i] || cgroup.Directories[i] is not { } directory || !Stands(directory, out cgroup.Inodes[i])) continue;
            cgroup.Standing[i] = true;
            cgroup.LostSome = false;
        }

        // Files do not appear in a cgroup that exists, but for those of a controller that is enabled in it later, which
        // cgroup.controllers tells, and for pressure files that were switched off.
        if (++cgroup.LimitsReadings % AskAbsentEvery == 0) AskAbsentAgain(cgroup, -1);

        cgroup.Chosen.AsSpan().Fill(-1);
        cgroup.Limits.Clear();
        cgroup.HugetlbLimits.AsSpan().Fill(-1);
        cgroup.MemoryLimitKnown = false;
        _isMemoryUnlimited = false;
        _ownCpuMax = SingleValue.Empty;
        cgroup.Populated = null;
        cgroup.Frozen = null;
    }

    private void AskAbsentAgain(ContainerCgroup cgroup, int hierarchy)
    {
        for (int i = 0; i < cgroup.Files.Length; i++)
        {
            if (cgroup.Files[i] == FileState.Absent && (hierarchy < 0 || _files[i].Hierarchy == hierarchy)) cgroup.Files[i] = FileState.Unknown;
        }
    }

    private bool IsNeeded(CgroupFileKind kind, ContainerCgroup cgroup) => kind switch
    {
        CgroupFileKind.CpuPeriodV1 => _hasQuota,

        // The limit of memory and swap together cannot be set without one of memory.
        CgroupFileKind.MemoryMemswLimitV1 => cgroup.Limits.Has(Reading.MemoryLimitBytes),
        CgroupFileKind.Procs => !_hasPidsCurrent && cgroup.Populated is not true,
        _ => true,
    };

    // ---- from text to readings

    /// <summary>Puts one file's numbers where they belong. False where the next of its alternatives is to be asked as well.</summary>
    private bool Take(ContainerCgroup cgroup, ContainerSample sample, int index, ReadOnlySpan<byte> text, bool limits, long nowNs)
    {
        CgroupFile file = _files[index];
        ReadingSet scalars = sample.Scalars;
        int malformed = 0;
        bool satisfied = true;
        switch (file.Kind)
        {
            case CgroupFileKind.CpuacctUsage: malformed = SingleValueParser.Take(text, Reading.CpuUsageNs, scalars); break;
            case CgroupFileKind.CpuacctUser: malformed = SingleValueParser.Take(text, Reading.CpuUserNs, scalars); break;
            case CgroupFileKind.CpuacctSystem: malformed = SingleValueParser.Take(text, Reading.CpuSystemNs, scalars); break;
            case CgroupFileKind.CpuacctStat: malformed = CpuacctStatParser.Parse(text, _nanosecondsPerTick, scalars); break;
            case CgroupFileKind.CpuacctPercpu: malformed = PercpuParser.Parse(text, sample.Cores); break;
            case CgroupFileKind.CpuStat:
                bool unified = _plan.Hierarchies[file.Hierarchy].IsV2;
                malformed = CpuStatParser.Parse(
                    text, unified && _plan.UnifiedCpuUsage && !file.IsOfPayload,
                    !unified || (_plan.UnifiedCpuBandwidth && file.IsOfPayload == (cgroup.HasPayload && cgroup.HasPayloadQuota)), scalars);
                break;
            case CgroupFileKind.CpuQuotaV1:
                SingleValue quota = SingleValueParser.Parse(text, out _quota);
                _hasQuota = quota == SingleValue.Number;
                malformed = quota == SingleValue.Malformed ? 1 : 0;
                break;
            case CgroupFileKind.CpuPeriodV1:
                SingleValue period = SingleValueParser.Parse(text, out ulong microseconds);
                if (period == SingleValue.Number && microseconds > 0)
                    cgroup.Limits.SetDouble(Reading.CpuLimitCores, (double)_quota / microseconds);
                malformed = period == SingleValue.Malformed ? 1 : 0;
                break;
            case CgroupFileKind.CpuMaxV2:
                SingleValue cpuMax = CpuMaxParser.Parse(text, out double cores);
                if (!file.IsOfPayload) _ownCpuMax = cpuMax;
                else cgroup.HasPayloadQuota = cpuMax == SingleValue.Number && _ownCpuMax == SingleValue.Unlimited;
                if (cpuMax == SingleValue.Number && (!cgroup.Limits.Has(Reading.CpuLimitCores) || cores < cgroup.Limits.GetDouble(Reading.CpuLimitCores)))
                    cgroup.Limits.SetDouble(Reading.CpuLimitCores, cores);
                malformed = cpuMax == SingleValue.Malformed ? 1 : 0;
                break;
            case CgroupFileKind.CpuSharesV1:
            case CgroupFileKind.CpuWeightV2: malformed = SingleValueParser.Take(text, Reading.CpuWeight, cgroup.Limits); break;

            case CgroupFileKind.MemoryUsage: malformed = SingleValueParser.Take(text, Reading.MemoryUsageBytes, scalars); break;
            case CgroupFileKind.MemoryStat:
                malformed = _memoryStat.Parse(text, scalars);
                if (_options.MemoryStat) sample.SetMemoryStat(text[..(text.LastIndexOf(KernelText.LineFeed) + 1)]);
                break;
            case CgroupFileKind.MemoryMaxUsage: malformed = SingleValueParser.Take(text, Reading.MemoryMaxUsageBytes, scalars); break;
            case CgroupFileKind.MemoryFailcnt: malformed = SingleValueParser.Take(text, Reading.MemoryFailcnt, scalars); break;
            case CgroupFileKind.MemoryOomControlV1: malformed = EventsParser.Parse(text, "oom_kill"u8, Reading.MemoryOomKills, scalars); break;
            case CgroupFileKind.MemoryEventsV2: malformed = EventsParser.ParseMemoryEvents(text, scalars); break;
            case CgroupFileKind.MemoryKernel: malformed = SingleValueParser.Take(text, Reading.MemoryKernelBytes, scalars); break;
            case CgroupFileKind.MemoryKernelTcp: malformed = SingleValueParser.Take(text, Reading.MemoryKernelTcpBytes, scalars); break;
            case CgroupFileKind.MemorySwap: malformed = SingleValueParser.Take(text, Reading.MemorySwapBytes, scalars); break;
            case CgroupFileKind.MemoryLimit:
                SingleValue limit = SingleValueParser.Parse(text, out ulong bytes);
                // That the container's own has none says nothing yet where its payload's is to be read.
                if (!file.IsOfPayload) _isMemoryUnlimited = limit == SingleValue.Unlimited;
                cgroup.MemoryLimitKnown |= limit == SingleValue.Number || (limit == SingleValue.Unlimited && (file.IsOfPayload || !cgroup.HasPayload));
                if (limit == SingleValue.Number && (_plan.UnifiedMemory || bytes < UnlimitedMemory)) SetLimit(cgroup, Reading.MemoryLimitBytes, bytes);
                malformed = limit == SingleValue.Malformed ? 1 : 0;
                break;
            case CgroupFileKind.MemoryMemswLimitV1:
                // v1 limits memory and swap together; what is over the limit of memory is for swap (as v2's memory.swap.max).
                SingleValue both = SingleValueParser.Parse(text, out ulong together);
                if (both == SingleValue.Number && together < UnlimitedMemory
                    && cgroup.Limits.TryGet(Reading.MemoryLimitBytes, out long alone) && together >= (ulong)alone)
                {
                    cgroup.Limits.SetUnsigned(Reading.MemorySwapLimitBytes, together - (ulong)alone);
                }

                malformed = both == SingleValue.Malformed ? 1 : 0;
                break;
            case CgroupFileKind.MemorySwapLimitV2: malformed = TakeLimit(text, Reading.MemorySwapLimitBytes, cgroup); break;

            case CgroupFileKind.BlkioBytes: malformed = TakeBlkio(cgroup, sample, index, text, BlkioFileKind.Bytes, limits, nowNs, out satisfied); break;
            case CgroupFileKind.BlkioOps: malformed = TakeBlkio(cgroup, sample, index, text, BlkioFileKind.Ops, limits, nowNs, out satisfied); break;
            case CgroupFileKind.BlkioSectors: malformed = TakeBlkio(cgroup, sample, index, text, BlkioFileKind.Sectors, limits, nowNs, out satisfied); break;
            case CgroupFileKind.BlkioQueued: malformed = TakeBlkio(cgroup, sample, index, text, BlkioFileKind.Queued, limits, nowNs, out satisfied); break;
            case CgroupFileKind.IoStatV2:
                _devices.Begin(sample.Devices, nowNs);
                malformed = IoStatParser.Parse(text, _devices);
                if (_devices.Refused > 0) _counters.Add(AgentCounter.DevicesOverLimit, _devices.Refused);
                break;

            case CgroupFileKind.PidsCurrent:
                malformed = SingleValueParser.Take(text, Reading.PidsCurrent, scalars);
                _hasPidsCurrent = scalars.Has(Reading.PidsCurrent);
                break;
            case CgroupFileKind.PidsPeak: malformed = SingleValueParser.Take(text, Reading.PidsPeak, scalars); break;
            case CgroupFileKind.PidsEvents:
                // Of both, where there are two: later kernels count the payload's in the container's own as well.
                bool hasOwn = scalars.TryGet(Reading.PidsMaxEvents, out long own);
                malformed = EventsParser.Parse(text, "max"u8, Reading.PidsMaxEvents, scalars);
                if (hasOwn) scalars.Set(Reading.PidsMaxEvents, Math.Max(own, scalars[Reading.PidsMaxEvents]));
                break;
            case CgroupFileKind.PidsLimit: malformed = TakeLimit(text, Reading.PidsLimit, cgroup); break;

            case CgroupFileKind.Pressure:
                malformed = PressureParser.Parse(text, sample.Pressure.GetOrAdd(CgroupFilePlan.Resources[file.Item]).Readings);
                break;

            case CgroupFileKind.HugetlbUsage: malformed = SingleValueParser.Take(text, Reading.HugetlbUsageBytes, HugetlbRow(sample, file)); break;
            case CgroupFileKind.HugetlbMaxUsage: malformed = SingleValueParser.Take(text, Reading.HugetlbMaxUsageBytes, HugetlbRow(sample, file)); break;
            case CgroupFileKind.HugetlbFailcnt: malformed = SingleValueParser.Take(text, Reading.HugetlbFailcnt, HugetlbRow(sample, file)); break;
            case CgroupFileKind.HugetlbEventsV2: malformed = EventsParser.Parse(text, "max"u8, Reading.HugetlbFailcnt, HugetlbRow(sample, file)); break;
            case CgroupFileKind.HugetlbLimit:
                SingleValue hugetlb = SingleValueParser.Parse(text, out ulong hugetlbLimit);
                if (hugetlb == SingleValue.Number && hugetlbLimit < UnlimitedHugetlb) cgroup.HugetlbLimits[file.Item] = (long)hugetlbLimit;
                malformed = hugetlb == SingleValue.Malformed ? 1 : 0;
                break;

            case CgroupFileKind.FreezerStateV1: cgroup.Frozen = text.SequenceEqual("FROZEN\n"u8); break;
            case CgroupFileKind.CgroupEventsV2:
                malformed = EventsParser.ParseCgroupEvents(text, out bool? populated, out bool? frozen);
                cgroup.Populated = populated;
                if (frozen is not null && cgroup.Frozen is not true) cgroup.Frozen = frozen;
                break;
            case CgroupFileKind.PayloadEventsV2:
                malformed = EventsParser.ParseCgroupEvents(text, out _, out bool? frozenBelow);
                if (frozenBelow is true) cgroup.Frozen = true;
                cgroup.HasPayload = IsInitInPayload(cgroup, file.Hierarchy) ?? cgroup.HasPayload;
                break;
            case CgroupFileKind.ControllersV2:
                ulong controllers = 14695981039346656037;
                foreach (byte b in text) controllers = (controllers ^ b) * 1099511628211;
                if (controllers != cgroup.Controllers) AskAbsentAgain(cgroup, file.Hierarchy);
                cgroup.Controllers = controllers;
                break;
            case CgroupFileKind.Procs:
                // Empty says nothing: on v1 the processes may be in a cgroup below.
                if (!text.IsEmpty) cgroup.Populated = true;
                break;
        }

        if (malformed > 0) _counters.Add(AgentCounter.ReadErrors);
        return satisfied;
    }

    /// <summary>
    /// A file gave nothing. That the payload is not there is an answer; where it is and its limit cannot be read, that of the
    /// container's own cgroup alone would be a guess.
    /// </summary>
    private void LacksOfPayload(ContainerCgroup cgroup, int index)
    {
        bool isMissing = cgroup.Files[index] == FileState.Absent;
        switch (_files[index])
        {
            case { Kind: CgroupFileKind.PayloadEventsV2 } when isMissing:
                cgroup.HasPayload = false;
                break;
            case { IsOfPayload: true, Kind: CgroupFileKind.CpuMaxV2 } when isMissing:
                cgroup.HasPayloadQuota = false;
                break;
            case { IsOfPayload: true, Kind: CgroupFileKind.CpuMaxV2 }:
                cgroup.Limits.Remove(Reading.CpuLimitCores);
                break;
            case { IsOfPayload: true, Kind: CgroupFileKind.MemoryLimit } when isMissing:
                // The controller is not switched on below.
                cgroup.MemoryLimitKnown |= _isMemoryUnlimited;
                break;
            case { IsOfPayload: true, Kind: CgroupFileKind.MemoryLimit }:
                cgroup.Limits.Remove(Reading.MemoryLimitBytes);
                cgroup.MemoryLimitKnown = false;
                break;
            case { IsOfPayload: true, Kind: CgroupFileKind.MemorySwapLimitV2 } when !isMissing:
                cgroup.Limits.Remove(Reading.MemorySwapLimitBytes);
                break;
            case { IsOfPayload: true, Kind: CgroupFileKind.PidsLimit } when !isMissing:
                cgroup.Limits.Remove(Reading.PidsLimit);
                break;
        }
    }

    private static int TakeLimit(ReadOnlySpan<byte> text, Reading reading, ContainerCgroup cgroup)
    {
        SingleValue kind = SingleValueParser.Parse(text, out ulong value);
        if (kind == SingleValue.Number) SetLimit(cgroup, reading, value);
        return kind == SingleValue.Malformed ? 1 : 0;
    }

    // Of the container's own cgroup and that of its payload the lower one holds.
    private static void SetLimit(ContainerCgroup cgroup, Reading reading, ulong value)
    {
        if (!cgroup.Limits.TryGet(reading, out long other) || value < (ulong)other) cgroup.Limits.SetUnsigned(reading, value);
    }

    private ReadingSet HugetlbRow(ContainerSample sample, CgroupFile file) =>
        sample.Hugetlb.GetOrAdd(_plan.PageSizes[file.Item]).Readings;

    private int TakeBlkio(
        ContainerCgroup cgroup, ContainerSample sample, int index, ReadOnlySpan<byte> text, BlkioFileKind kind, bool limits, long nowNs, out bool satisfied)
    {
        _devices.Begin(sample.Devices, nowNs);
        int malformed = BlkioParser.Parse(text, kind, _devices);
        if (_devices.Refused > 0) _counters.Add(AgentCounter.DevicesOverLimit, _devices.Refused);

        // The choice among alternatives is made with the limits: the first that is there, or rather the first that has a
        // device. In between only the chosen one is read.
        satisfied = !limits || _devices.Found + _devices.Refused > 0;
        if (limits)
        {
            ref int chosen = ref cgroup.Chosen[_files[index].Chain];
            if (chosen < 0 || satisfied) chosen = index;
        }

        return malformed;
    }

    private void Derive(ContainerCgroup cgroup, ContainerSample sample, long nowNs)
    {
        ReadingSet scalars = sample.Scalars, limits = cgroup.Limits;
        Carry(Reading.CpuLimitCores);
        Carry(Reading.CpuWeight);
        Carry(Reading.MemoryLimitBytes);
        Carry(Reading.MemorySwapLimitBytes);
        Carry(Reading.PidsLimit);

        for (int i = 0; i < cgroup.HugetlbLimits.Length; i++)
        {
            if (cgroup.HugetlbLimits[i] >= 0)
                sample.Hugetlb.GetOrAdd(_plan.PageSizes[i]).Readings.Set(Reading.HugetlbLimitBytes, cgroup.HugetlbLimits[i]);
        }

        if (scalars.TryGet(Reading.CpuUsageNs, out long usage))
        {
            long elapsed = nowNs - cgroup.PreviousUsageAtNs;
            if (cgroup.HasPreviousUsage && usage >= cgroup.PreviousUsageNs && elapsed > 0)
                scalars.SetDouble(Reading.CpuUsagePercent, 100.0 * (usage - cgroup.PreviousUsageNs) / elapsed);

            // What is frozen uses no CPU: the state carried from the last limits is out of date, and is asked for in the next reading.
            if (cgroup.Frozen is true && cgroup.HasPreviousUsage && usage > cgroup.PreviousUsageNs) cgroup.NextLimitsNs = nowNs;
            cgroup.PreviousUsageNs = usage;
            cgroup.PreviousUsageAtNs = nowNs;
            cgroup.HasPreviousUsage = true;
        }

        if (scalars.TryGet(Reading.MemoryUsageBytes, out long memory) && scalars.TryGet(Reading.MemoryInactiveFileBytes, out long inactiveFile))
        {
            long workingSet = Math.Max(0, memory - inactiveFile);
            scalars.Set(Reading.MemoryWorkingSetBytes, workingSet);
            long? whole = !cgroup.MemoryLimitKnown ? null
                : limits.TryGet(Reading.MemoryLimitBytes, out long limit) ? limit
                : _hostMemory.TotalBytes;
            if (whole > 0) scalars.SetDouble(Reading.MemoryUsagePercent, 100.0 * workingSet / whole.Value);
        }

        bool? hasProcess = scalars.TryGet(Reading.PidsCurrent, out long processes) ? processes > 0 : cgroup.Populated;
        sample.State = hasProcess switch
        {
            false => ContainerState.Empty,
            _ when cgroup.Frozen is true => ContainerState.Paused,
            true => ContainerState.Running,
            null => ContainerState.Unknown,
        };

        void Carry(Reading reading)
        {
            if (limits.TryGet(reading, out long value)) scalars.Set(reading, value);
        }
    }

    // ---- from the kernel to text

    /// <summary>Reads one file into <see cref="_buffer"/>. Returns its length, or -1 where it gave nothing: it is missing, failed (counted), or its hierarchy has lost the container.</summary>
    private int ReadFile(ContainerCgroup cgroup, int index, CgroupFile file, bool limits)
    {
        int descriptor = cgroup.Descriptors[index];
        if (descriptor >= 0)
        {
            int length = ReadWhole(descriptor);
            return length >= 0 ? length : ReadFailed(cgroup, index, file, length);
        }

        // An alternative that is only being tried is neither held nor counted in the budget.
        bool eachCycle = !file.IsSlow && (file.Chain < 0 || !limits || cgroup.Chosen[file.Chain] == index);

        byte[] directory = cgroup.Directories[file.Hierarchy]!;
        directory.CopyTo(_path, 0);
        file.NameWithNul.CopyTo(_path, directory.Length);
        ReadOnlySpan<byte> path = _path.AsSpan(0, directory.Length + file.NameWithNul.Length);
        descriptor = Libc.Openat(Libc.AT_FDCWD, path);
        bool exhausted = descriptor is -Errno.EMFILE or -Errno.ENFILE;
        if (exhausted)
        {
            // One descriptor is kept for this, so that a file can still be read when none is left.
            _budget.StepBack();
            if (_spare >= 0) Libc.Close(_spare);
            _spare = -1;
            descriptor = Libc.Openat(Libc.AT_FDCWD, path);
        }

        if (descriptor < 0)
        {
            if (exhausted) _spare = OpenSpare();
            return OpenFailed(cgroup, index, file, descriptor);
        }

        int read = ReadWhole(descriptor);
        if (read < 0)
        {
            Libc.Close(descriptor);
            if (exhausted) _spare = OpenSpare();
            return ReadFailed(cgroup, index, file, read);
        }

        if (eachCycle && cgroup.Files[index] == FileState.Unknown)
        {
            cgroup.Files[index] = FileState.Present;
            _budget.ChangeWanted(file.Rank, 1);
        }

        if (eachCycle && !exhausted && _budget.TryTake(file.Rank))
        {
            cgroup.Descriptors[index] = descriptor;
            cgroup.HeldFiles++;
            return read;
        }

        Libc.Close(descriptor);
        if (exhausted) _spare = OpenSpare();
        if (eachCycle) _counters.Add(AgentCounter.FilesOverBudget);
        return read;
    }

    private int OpenFailed(ContainerCgroup cgroup, int index, CgroupFile file, int error)
    {
        if (error is -Errno.ENOENT or -Errno.ENODEV or -Errno.ENOTDIR)
        {
            // Once a reading is enough to tell a file that is missing from a directory that is.
            ulong bit = 1UL << file.Hierarchy;
            if ((cgroup.Files[index] == FileState.Unknown && (_seenStanding & bit) != 0) || StillStands(cgroup, file.Hierarchy))
            {
                _seenStanding |= bit;
                Release(cgroup, index, FileState.Absent);
            }
            else
            {
                LoseHierarchy(cgroup, file.Hierarchy);
            }

            return -1;
        }

        _counters.Add(AgentCounter.ReadErrors);
        return -1;
    }

    private int ReadFailed(ContainerCgroup cgroup, int index, CgroupFile file, int error)
    {
        switch (error)
        {
            case -Errno.ENODEV:
                // A pressure file that is switched off says the same as one whose cgroup is removed. Asked by path in the
                // next reading, it tells which.
                if (StillStands(cgroup, file.Hierarchy)) Release(cgroup, index, FileState.Unknown);
                else LoseHierarchy(cgroup, file.Hierarchy);
                break;
            case -Errno.EOPNOTSUPP:
                // A pressure file with accounting switched off can be opened and has nothing to say.
                Release(cgroup, index, FileState.Absent);
                break;
            default:
                _counters.Add(AgentCounter.ReadErrors);
                break;
        }

        return -1;
    }

    private int ReadWhole(int descriptor)
    {
        int length = Pread(descriptor, 0);
        if (length < ConfirmFromBytes && (length <= 0 || _buffer[length - 1] == KernelText.LineFeed)) return length;
        while (true)
        {
            if (length == _buffer.Length)
            {
                if (length >= MaxFileBytes)
                {
                    _counters.Add(AgentCounter.ReadErrors);
                    return length;
                }

                // From the start again: text that is rendered anew may have moved.
                _buffer = GC.AllocateUninitializedArray<byte>(length * 2, pinned: true);
                length = 0;
            }

            int more = Pread(descriptor, length);
            if (more < 0) return more;
            if (more == 0) return length;
            length += more;
        }
    }

    private int Pread(int descriptor, int offset)
    {
        int read;
        do read = Libc.Pread(descriptor, _buffer.AsSpan(offset), offset);
        while (read == -Errno.EINTR);
        return read;
    }

    /// <summary>Whether the directory is there, and the same: one made in its place is a container of its own, whose counters begin anew.</summary>
    private static bool StillStands(ContainerCgroup cgroup, int hierarchy) =>
        Stands(cgroup.Directories[hierarchy]!, out ulong inode) && (inode == cgroup.Inodes[hierarchy] || inode == 0);

    private static bool Stands(byte[] directory, out ulong inode)
    {
        inode = 0;
        // PATH_MAX: the kernel takes no longer path in one piece.
        if (directory.Length >= 4096) return false;
        Span<byte> path = stackalloc byte[directory.Length + 1];
        directory.CopyTo(path);
        path[^1] = 0;
        int result = Libc.Statx(Libc.AT_FDCWD, path, out FileStatus status);
        inode = status.Inode;

        // Anything else (no permission, no memory) is no proof that it is gone.
        return result is not (-Errno.ENOENT or -Errno.ENOTDIR or -Errno.ENODEV or -Errno.ENAMETOOLONG);
    }

    private static int OpenSpare() => Libc.Openat(Libc.AT_FDCWD, Root, Libc.O_PATH);

    // ---- what is held

    /// <summary>One hierarchy has lost the container, so the others are about to. Those that are read with the limits only would not be noticed until then.</summary>
    private void LookForTheOthers(ContainerCgroup cgroup)
    {
        for (int i = 0; i < cgroup.Standing.Length; i++)
        {
            if (cgroup.Standing[i] && !StillStands(cgroup, i)) LoseHierarchy(cgroup, i);
        }
    }

    private void LoseHierarchy(ContainerCgroup cgroup, int hierarchy)
    {
        cgroup.Standing[hierarchy] = false;
        cgroup.LostSome = true;
        cgroup.HasPreviousUsage = false;
        for (int i = 0; i < _files.Length; i++)
        {
            if (_files[i].Hierarchy == hierarchy) Release(cgroup, i, FileState.Unknown);
        }
    }

    private void ReleaseAll(ContainerCgroup cgroup)
    {
        for (int i = 0; i < _files.Length; i++) Release(cgroup, i, FileState.Unknown);
    }

    /// <summary>Closes a file if it is held, takes it out of the budget if it is in there, and notes what is known of it.</summary>
    private void Release(ContainerCgroup cgroup, int index, FileState state)
    {
        CloseHeld(cgroup, index);
        if (cgroup.Files[index] == FileState.Present) _budget.ChangeWanted(_files[index].Rank, -1);
        cgroup.Files[index] = state;
    }

    /// <summary>Lets go of alternatives that were chosen before and are not any more.</summary>
    private void ReleaseUnchosen(ContainerCgroup cgroup)
    {
        for (int i = 0; i < _files.Length; i++)
        {
            int chain = _files[i].Chain;
            if (chain >= 0 && cgroup.Chosen[chain] != i && cgroup.Files[i] == FileState.Present) Release(cgroup, i, FileState.Unknown);
        }
    }

    /// <summary>Lets go of the payload's files that are read no more: it has gone, or its quota has.</summary>
    private void ReleaseOfPayload(ContainerCgroup cgroup)
    {
        for (int i = 0; i < _files.Length; i++)
        {
            if (_files[i].IsOfPayload && cgroup.Files[i] == FileState.Present && !IsNeededOfPayload(cgroup, _files[i])) Release(cgroup, i, FileState.Unknown);
        }
    }

    private static bool IsNeededOfPayload(ContainerCgroup cgroup, CgroupFile file) =>
        cgroup.HasPayload && (file.Kind != CgroupFileKind.CpuStat || cgroup.HasPayloadQuota);

    private void CloseHeld(ContainerCgroup cgroup, int index)
    {
        int descriptor = cgroup.Descriptors[index];
        if (descriptor < 0) return;
        Libc.Close(descriptor);
        cgroup.Descriptors[index] = -1;
        cgroup.HeldFiles--;
        _budget.Release();
    }

    private void ApplyHeldRanks(ContainerCgroup cgroup, int heldRanks)
    {
        cgroup.AppliedHeldRanks = heldRanks;
        for (int i = 0; i < _files.Length; i++)
        {
            if (_files[i].Rank >= heldRanks) CloseHeld(cgroup, i);
        }
    }

    private void ReportBudget(long nowNs)
    {
        // Once the number has settled, and not more often than a minute.
        if (_nextBudgetReportNs == long.MinValue) _nextBudgetReportNs = nowNs + (long)(_options.Interval.TotalMilliseconds * 1e6);
        if (nowNs < _nextBudgetReportNs) return;
        _nextBudgetReportNs = nowNs + 60_000_000_000;
        _reportedHeldRanks = _budget.HeldRanks;
        if (HeldFilesPerContainer == CycleFilesPerContainer)
        {
            _logger.LogInformation("Every cgroup file fits into the descriptor budget again: {Files} of each container are held open.", CycleFilesPerContainer);
        }
        else
        {
            _logger.LogWarning(
                "The descriptor budget of {Limit} cgroup files holds {Held} of the {Files} files of each container; the others are opened anew each cycle, which costs CPU and loses nothing. Raise LimitNOFILE (or cgroup.max_held_files) to hold them all.",
                _budget.Limit, HeldFilesPerContainer, CycleFilesPerContainer);
        }
    }

    // ---- finding the directories

    private string ReadProcessCgroups(ProcessDirectory process)
    {
        int descriptor = process.Descriptor >= 0 ? Libc.Openat(process.Descriptor, "cgroup\0"u8) : -1;
        if (descriptor < 0) return "";
        int length = ReadWhole(descriptor);
        Libc.Close(descriptor);
        return length > 0 ? Encoding.UTF8.GetString(_buffer, 0, length) : "";
    }

    /// <summary>
    /// Whether the init process is in <c>container</c> below the container's cgroup. A container may make a cgroup of that name
    /// for itself, which says nothing of the whole: its init process is elsewhere.
    /// </summary>
    /// <returns>Null where nothing tells: there is no such process, or it has ended.</returns>
    private bool? IsInitInPayload(ContainerCgroup cgroup, int hierarchy)
    {
        if (cgroup.Init is not { Descriptor: >= 0 } init) return null;
        int descriptor = Libc.Openat(init.Descriptor, "cgroup\0"u8);
        int length = descriptor < 0 ? descriptor : ReadWhole(descriptor);
        if (descriptor >= 0) Libc.Close(descriptor);
        if (length < 0)
        {
            if (length is not (-Errno.ENOENT or -Errno.ESRCH)) _counters.Add(AgentCounter.ReadErrors);
            return null;
        }

        ReadOnlySpan<byte> text = _buffer.AsSpan(0, length);

        // By the container's own name: the path is told from the agent's cgroup namespace, the directory is one of a mount.
        ReadOnlySpan<byte> directory = cgroup.Directories[hierarchy];
        ReadOnlySpan<byte> name = directory[directory[..^1].LastIndexOf((byte)'/')..];
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range];
            if (line.StartsWith("0::"u8)) return line.EndsWith("container"u8) && line[..^"container".Length].EndsWith(name);
        }

        return null;
    }

    private static string LastComponent(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The sizes as the kernel names them in hugetlb files: <c>64KB</c>, <c>2MB</c>, <c>1GB</c> (mm/hugetlb_cgroup.c, mem_fmt).</summary>
    private static List<string> HugePageSizes(string sys)
    {
        var sizes = new List<ulong>();
        try
        {
            foreach (string path in Directory.EnumerateDirectories(sys + "/kernel/mm/hugepages", "hugepages-*kB"))
            {
                ReadOnlySpan<char> number = Path.GetFileName(path.AsSpan())["hugepages-".Length..^2];
                if (ulong.TryParse(number, out ulong kilobytes)) sizes.Add(kilobytes);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No huge pages on this kernel.
        }

        sizes.Sort();
        return sizes.ConvertAll(kilobytes => kilobytes switch
        {
            >= 1 << 20 => $"{kilobytes >> 20}GB",
            >= 1 << 10 => $"{kilobytes >> 10}MB",
            _ => $"{kilobytes}KB",
        });
    }
}
