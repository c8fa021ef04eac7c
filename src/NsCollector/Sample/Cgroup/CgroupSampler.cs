using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Block;
using NsCollector.Telemetry;
using static NsCollector.Sample.Cgroup.ContainerCgroup;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Reads the cgroup files of containers into <see cref="ContainerSample"/>: decides which files are read, and in which
/// order. For the sampling thread; a steady reading allocates nothing.
/// </summary>
internal sealed class CgroupSampler : IDisposable
{
    // Disks are added to a volume and taken out by hand.
    private static readonly TimeSpan LayersLifetime = TimeSpan.FromSeconds(5);

    // About 3 MB of kernel memory, less than the budget leaves free.
    private const int CheckMemoryEvery = 512;

    private readonly CgroupFilePlan _plan;
    private readonly CgroupFile[] _files;
    private readonly HeldFiles _held;
    private readonly BudgetReport _report;
    private readonly CgroupFileReader _reader;
    private readonly CgroupFileDispatch _dispatch;
    private readonly LimitsSchedule _limits;
    private readonly Pace _statPace;
    private readonly AncestorLimits _ancestors;
    private readonly DerivedReadings _derived;
    private readonly AgentCounters _counters;
    private readonly OwnMemoryCgroup? _ownMemory;
    private int _checkMemoryAtHeld = CheckMemoryEvery;

    internal CgroupSampler(
        CgroupMounts mounts, HostRoots roots, SampleOptions options, AgentCounters counters, ILogger logger, OwnMemoryCgroup? ownMemory = null)
        : this(mounts, roots, options, counters, logger, HeldFilesBudget.RaiseDescriptorLimit(), ownMemory)
    {
    }

    /// <param name="mounts">Where the hierarchies are.</param>
    /// <param name="roots">procfs for the host's memory, sysfs for block devices and huge page sizes.</param>
    /// <param name="options">What is read.</param>
    /// <param name="counters">Counts failures.</param>
    /// <param name="logger">Logs when the number of held files of each container changes.</param>
    /// <param name="descriptorLimit">The soft RLIMIT_NOFILE.</param>
    /// <param name="ownMemory">What this process may use; the caller disposes it. Null: any amount.</param>
    internal CgroupSampler(
        CgroupMounts mounts, HostRoots roots, SampleOptions options, AgentCounters counters, ILogger logger, int descriptorLimit, OwnMemoryCgroup? ownMemory = null)
    {
        _ownMemory = ownMemory;
        _plan = new CgroupFilePlan(mounts, options, HugePageSizes.Read(roots.Sys));
        _files = _plan.Files;
        var budget = new HeldFilesBudget(
            options.MaxHeldFiles, descriptorLimit, _plan.RankCount,
            _plan.UnifiedMemory ? HeldFilesBudget.ReservePerContainerUnifiedMemory : HeldFilesBudget.ReservePerContainer,
            _plan.DirectoryRankCount,
            options.Peaks > TimeSpan.Zero ? HeldFilesBudget.PeakFilesPerContainer : 0);
        var hostMemory = new HostMemory(roots.Proc);
        _counters = counters;
        _held = new HeldFiles(_plan, budget, counters);
        _report = new BudgetReport(budget, _plan.RankCount, logger);
        _reader = new CgroupFileReader(_files, _held, counters);
        BlockLayers = new BlockLayers(roots, mounts.For("blkio") is { IsV2: true }, LayersLifetime, options.LimitsInterval, counters);
        _dispatch = new CgroupFileDispatch(_plan, roots, options, counters, new DeviceTotalsCalculator(BlockLayers, learns: true));
        _limits = new LimitsSchedule(options, hostMemory);
        _statPace = new Pace(options.StatInterval, options.Interval);
        _ancestors = new AncestorLimits(_plan, _reader, options, counters);
        _derived = new DerivedReadings(_plan, hostMemory);
    }

    /// <summary>What lies below each block device.</summary>
    internal BlockLayers BlockLayers { get; }

    /// <summary>Which files are read.</summary>
    internal CgroupFilePlan Plan => _plan;

    /// <summary>How many files may be open.</summary>
    internal HeldFilesBudget Budget => _held.Budget;

    /// <summary>How many cgroup files are held open, over all containers, those of looks between samples included.</summary>
    internal int HeldFiles => Budget.Held + Budget.PeakFiles;

    /// <summary>How many cgroups above containers are kept.</summary>
    internal int Ancestors => _ancestors.Count;

    /// <summary>Average number of held files of a container once each has been read again, rounded down.</summary>
    internal int HeldFilesPerContainer => _held.Budget.WantedPerContainer(_held.Budget.HeldRanks);

    /// <summary>Average number of files of a container that are read each cycle, rounded down.</summary>
    internal int CycleFilesPerContainer => _held.Budget.WantedPerContainer(_plan.RankCount);

    /// <summary>Adds a container: finds its directory in each hierarchy. May allocate. The first reading opens its files.</summary>
    internal ContainerCgroup Open(Container container)
    {
        var cgroup = new ContainerCgroup(container, _files.Length, _plan.Hierarchies.Length, _plan.ChainCount, _plan.PageSizes.Length);
        CgroupDirectories.Find(cgroup, _plan.Hierarchies, _reader);
        _ancestors.Join(cgroup);
        _held.Budget.ChangeContainers(1);
        return cgroup;
    }

    /// <summary>
    /// Reads the container's cgroup files into a sample that the caller has cleared: the scalars of cpu, memory and pids, the
    /// rows of cores, devices, pressure and hugetlb, memory.stat, and the state.
    /// </summary>
    /// <param name="cgroup">From <see cref="Open"/>.</param>
    /// <param name="sample">Receives the readings.</param>
    /// <param name="monotonicNowNs">The monotonic clock right before the call. CPU usage is read first, and its percentage is relative to this clock.</param>
    internal CgroupReadResult Read(ContainerCgroup cgroup, ContainerSample sample, long monotonicNowNs)
    {
        if (cgroup.IsClosed) return CgroupReadResult.Vanished;
        if (HeldFiles >= _checkMemoryAtHeld) CheckMemory(monotonicNowNs);
        _held.ApplyBudget(cgroup);

        bool isWithLimits = _limits.BeginIfDue(cgroup, monotonicNowNs);
        var reading = new CgroupReading(sample, cgroup.Carried, isWithLimits, monotonicNowNs)
        {
            IsWithStat = _statPace.IsDue(cgroup.Container.Key, ref cgroup.NextStatNs, monotonicNowNs),
        };
        for (int i = 0; i < _files.Length;)
            i = IsNeeded(cgroup, i, ref reading) ? ReadFile(cgroup, i, ref reading) : i + 1;

        if (cgroup.LostSome) _held.RecheckHierarchies(cgroup);
        if (!cgroup.Exists.AsSpan().Contains(true))
        {
            _held.ReleaseAll(cgroup);
            return CgroupReadResult.Vanished;
        }

        if (isWithLimits)
        {
            _held.ReleaseUnneeded(cgroup);
            _ancestors.Apply(cgroup, monotonicNowNs);
            _counters.Add(AgentCounter.ValuesImpossible, cgroup.Carried.Limits.ImpossibleCount);
        }

        _derived.Derive(cgroup, sample, monotonicNowNs);
        return cgroup.LostSome ? CgroupReadResult.PartlyVanished : CgroupReadResult.Complete;
    }

    /// <summary>Logs if the number of held files has changed. To be called when every container has been read.</summary>
    internal void EndCycle(long monotonicNowNs)
    {
        BlockLayers.EndCycle();
        CheckMemory(monotonicNowNs);
        _report.ReportIfChanged(monotonicNowNs);
    }

    /// <summary>Whether the container's cgroup still exists in any hierarchy.</summary>
    internal static bool Exists(ContainerCgroup cgroup) => CgroupDirectories.StillExistsAnywhere(cgroup);

    /// <summary>Closes the files of a container. May be called again.</summary>
    internal void Close(ContainerCgroup cgroup)
    {
        if (cgroup.IsClosed) return;
        _held.ReleaseAll(cgroup);
        _ancestors.Leave(cgroup);
        cgroup.IsClosed = true;
        _held.Budget.ChangeContainers(-1);
    }

    /// <summary>Closes the sampler's own descriptors; containers are closed one by one.</summary>
    public void Dispose() => _reader.Dispose();

    private void CheckMemory(long monotonicNowNs)
    {
        if (_ownMemory is null) return;
        _ownMemory.Refresh();
        _held.Budget.SetMemoryRoom(_ownMemory, monotonicNowNs);
        _checkMemoryAtHeld = HeldFiles + CheckMemoryEvery;
    }

    private bool IsNeeded(ContainerCgroup cgroup, int index, ref CgroupReading reading)
    {
        CgroupFile file = _files[index];
        if (!cgroup.Exists[file.Hierarchy] || (file.IsSlow && !reading.IsWithLimits)) return false;
        if (file.InsteadOf >= 0 && cgroup.Exists[file.InsteadOf]) return false;
        if (file.IsPayload && !PayloadRules.IsNeeded(reading.Carried, file)) return false;

        // crun may create its payload's cgroup after the first reading.
        bool mayAppear = file.Kind is CgroupFileKind.PayloadEventsV2 or CgroupFileKind.PayloadProcsV1 || (file.IsPayload && reading.IsWithLimits);
        if (cgroup.Files[index] == FileState.Absent && !mayAppear) return false;

        // Between two readings of the limits only the chosen alternative is read.
        if (file.Chain >= 0 && !reading.IsWithLimits && cgroup.Chosen[file.Chain] != index) return false;
        return file.Kind switch
        {
            CgroupFileKind.CpuacctStat => !reading.Sample.Scalars.Has(Reading.CpuUserNs),
            CgroupFileKind.MemoryStat => reading.IsWithStat,
            CgroupFileKind.CpuPeriodV1 => reading.QuotaV1 is not null,

            // The limit of memory and swap together cannot be set without one of memory.
            CgroupFileKind.MemoryMemswLimitV1 => reading.Carried.Limits.Has(Reading.MemoryLimitBytes),
            CgroupFileKind.Procs => !reading.Sample.Scalars.Has(Reading.PidsCurrent) && reading.Carried.Populated is not true,
            _ => true,
        };
    }

    /// <returns>The index of the next file.</returns>
    private int ReadFile(ContainerCgroup cgroup, int index, ref CgroupReading reading)
    {
        CgroupFile file = _files[index];
        int length = _reader.Read(cgroup, index, ref reading);
        if (length < 0)
        {
            if (reading.IsWithLimits) PayloadRules.ApplyFailure(file, cgroup.Files[index] == FileState.Absent, ref reading);

            // The container's own count alone would be lower than before.
            if (file.IsPayload) PayloadRules.RemoveCounts(file, reading.Sample.Scalars);
            return index + 1;
        }

        _dispatch.Parse(file, _reader.Text(length), ref reading);
        if (file.Kind == CgroupFileKind.ControllersV2 && reading.ControllersChanged) _held.ForgetAbsentFiles(cgroup, file.Hierarchy);
        if (file.Kind is CgroupFileKind.PayloadEventsV2 or CgroupFileKind.PayloadProcsV1)
            reading.Carried.HasPayload = PayloadRules.IsInitInPayload(cgroup, _plan.Hierarchies, file.Hierarchy, _reader, _counters) ?? reading.Carried.HasPayload;
        return file.Chain < 0 || Choose(cgroup, index, ref reading) ? file.Next : file.NextIfEmpty;
    }

    /// <summary>
    /// One of several alternatives is chosen with the limits: the first that names a device, else the first that exists. In
    /// between only the chosen one is read.
    /// </summary>
    /// <returns>Whether the other alternatives need not be read.</returns>
    private bool Choose(ContainerCgroup cgroup, int index, ref CgroupReading reading)
    {
        if (!reading.IsWithLimits) return true;
        ref int chosen = ref cgroup.Chosen[_files[index].Chain];
        if (chosen < 0 || reading.NamesDevice) chosen = index;
        return reading.NamesDevice;
    }
}
