using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Block;
using NsCollector.Sample.Cgroup.Records;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// The cgroup files of all containers: opens and closes containers, and has what the readers of several threads share: the
/// budget of held files, the limits of ancestors, the layers of block devices. Each of these has a lock, which is taken when
/// something changes, when limits are read, and for a container with block I/O; not for each file.
/// </summary>
/// <remarks>For the sampling thread, except for what is said to be for any reader.</remarks>
internal sealed class CgroupSampler : IDisposable
{
    // Disks are added to a volume and taken out by hand.
    private static readonly TimeSpan LayersLifetime = TimeSpan.FromSeconds(5);

    // About 3 MB of kernel memory, less than the budget leaves free.
    private const int CheckMemoryEvery = 512;

    // By then the agent has sampled all containers some times, and its own memory hardly grows any more.
    private const long StartingNs = 10_000_000_000;

    private readonly CgroupFilePlan _plan;
    private readonly HostRoots _roots;
    private readonly SampleOptions _options;
    private readonly HeldFiles _held;
    private readonly UnsupportedFiles _unsupported;
    private readonly BudgetReport _report;
    private readonly LimitsSchedule _limits;
    private readonly HostMemory _hostMemory;
    private readonly Pace _statPace;
    private readonly AncestorLimits _ancestors;
    private readonly DerivedReadings _derived;
    private readonly AgentCounters _counters;
    private readonly OwnMemoryCgroup? _ownMemory;
    private readonly Lock _memoryCheck = new();
    private long _startedNs = long.MinValue;
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
        _roots = roots;
        _options = options;
        _plan = new CgroupFilePlan(mounts, options, HugePageSizes.Read(roots.Sys));
        var budget = new HeldFilesBudget(
            options.MaxHeldFiles, descriptorLimit, _plan.RankCount,
            _plan.UnifiedMemory ? HeldFilesBudget.ReservePerContainerUnifiedMemory : HeldFilesBudget.ReservePerContainer,
            _plan.DirectoryRankCount,
            options.Peaks > TimeSpan.Zero ? HeldFilesBudget.PeakFilesPerContainer : 0);
        _hostMemory = new HostMemory(roots.Proc);
        _counters = counters;
        _held = new HeldFiles(_plan, budget, counters);
        _unsupported = new UnsupportedFiles(_plan.Files);
        _report = new BudgetReport(budget, _plan.RankCount, logger);
        BlockLayers = new BlockLayers(roots, mounts.For("blkio") is { IsV2: true }, LayersLifetime, options.LimitsInterval, counters);
        _limits = new LimitsSchedule(options, _hostMemory);
        _statPace = new Pace(options.StatInterval, options.Interval);
        _ancestors = new AncestorLimits(_plan, options, counters);
        _derived = new DerivedReadings(_plan, _hostMemory);
        Reader = CreateReader();
        Records = CgroupRecords.Create(options, _plan, _held, CreateDispatch(), counters, logger);
    }

    /// <summary>Before containers are read in a cycle, or in a part of it.</summary>
    /// <param name="isCycle">Whether the cycle begins.</param>
    /// <param name="monotonicNowNs">The monotonic clock.</param>
    internal void Begin(bool isCycle, long monotonicNowNs) => Records?.BeginPass(isCycle, monotonicNowNs);

    /// <summary>The reader of the sampling thread.</summary>
    internal ContainerCgroupReader Reader { get; }

    /// <summary>What BPF reads instead of files; null if files are read.</summary>
    internal CgroupRecords? Records { get; }

    /// <summary>What lies below each block device.</summary>
    internal BlockLayers BlockLayers { get; }

    /// <summary>Which files are read.</summary>
    internal CgroupFilePlan Plan => _plan;

    /// <summary>How many files may be open.</summary>
    internal HeldFilesBudget Budget => _held.Budget;

    /// <summary>How many cgroup files are held open, over all containers, those of looks between samples included.</summary>
    internal int HeldFiles => Budget.Held + Budget.PeakFiles;

    /// <summary>MemTotal of the host, in bytes, as last read with limits; null if it is not known.</summary>
    internal long? HostMemoryBytes => _hostMemory.TotalBytes;

    /// <summary>How many cgroups above containers are kept.</summary>
    internal int Ancestors => _ancestors.Count;

    /// <summary>Average number of held files of a container once each has been read again, rounded down.</summary>
    internal int HeldFilesPerContainer => _held.Budget.WantedPerContainer(_held.Budget.HeldRanks);

    /// <summary>Average number of files of a container that are read each cycle, rounded down.</summary>
    internal int CycleFilesPerContainer => _held.Budget.WantedPerContainer(_plan.RankCount);

    /// <summary>Adds a container: finds its directory in each hierarchy. May allocate. The first reading opens its files.</summary>
    internal ContainerCgroup Open(Container container)
    {
        var cgroup = new ContainerCgroup(container, _plan.Files.Length, _plan.Hierarchies.Length, _plan.ChainCount, _plan.PageSizes.Length);
        CgroupDirectories.Find(cgroup, _plan.Hierarchies, Reader.Files);
        _ancestors.Join(cgroup);
        _held.Budget.ChangeContainers(1);
        Records?.Add(cgroup);
        return cgroup;
    }

    /// <summary>A reader for one more thread. The caller disposes it.</summary>
    internal ContainerCgroupReader CreateReader() => new(this, _plan, _held, _unsupported, CreateDispatch(), _counters, _options);

    /// <summary>Reads the container's cgroup files on the sampling thread: <see cref="ContainerCgroupReader.Read"/>.</summary>
    internal CgroupReadResult Read(ContainerCgroup cgroup, ContainerSample sample, long monotonicNowNs)
    {
        CgroupReadResult result = Reader.Read(cgroup, sample, monotonicNowNs);
        Reader.AddCounts();
        return result;
    }

    /// <summary>Prepares a reading of the limits, if one is due. From any reader.</summary>
    internal bool BeginLimitsIfDue(ContainerCgroup cgroup, long monotonicNowNs) => _limits.BeginIfDue(cgroup, monotonicNowNs);

    /// <summary>Whether memory.stat is read this time. From any reader.</summary>
    internal bool IsStatDue(ContainerCgroup cgroup, long monotonicNowNs) => _statPace.IsDue(cgroup.Container.Key, ref cgroup.NextStatNs, monotonicNowNs);

    /// <summary>Completes a reading of limits with those of the ancestors. From any reader.</summary>
    internal void ApplyAncestors(ContainerCgroup cgroup, CgroupFileReader reader, long monotonicNowNs) => _ancestors.Apply(cgroup, reader, monotonicNowNs);

    /// <summary>Completes a sample whose files have been read. From any reader.</summary>
    internal void Derive(ContainerCgroup cgroup, ContainerSample sample, long monotonicNowNs) => _derived.Derive(cgroup, sample, monotonicNowNs);

    /// <summary>Checks the agent's memory again after many more files are held. From any reader.</summary>
    internal void CheckMemoryIfDue(long monotonicNowNs)
    {
        if (HeldFiles < Volatile.Read(ref _checkMemoryAtHeld)) return;
        lock (_memoryCheck)
        {
            if (HeldFiles >= _checkMemoryAtHeld) CheckMemory(monotonicNowNs);
        }
    }

    /// <summary>Logs if the number of held files has changed. To be called when every container has been read.</summary>
    internal void EndCycle(long monotonicNowNs)
    {
        BlockLayers.EndCycle();
        Records?.EndCycle(monotonicNowNs);
        CheckMemory(monotonicNowNs);
        _report.ReportIfChanged(monotonicNowNs);
    }

    /// <summary>Whether the container's cgroup still exists in any hierarchy.</summary>
    internal static bool Exists(ContainerCgroup cgroup) => CgroupDirectories.StillExistsAnywhere(cgroup);

    /// <summary>Closes the files of a container. May be called again.</summary>
    internal void Close(ContainerCgroup cgroup)
    {
        if (cgroup.IsClosed) return;
        Records?.Remove(cgroup);
        _held.ReleaseAll(cgroup);
        _ancestors.Leave(cgroup);
        cgroup.IsClosed = true;
        _held.Budget.ChangeContainers(-1);
    }

    /// <summary>Closes the sampler's own descriptors; containers are closed one by one.</summary>
    public void Dispose()
    {
        Records?.Dispose();
        Reader.Dispose();
    }

    private CgroupFileDispatch CreateDispatch() =>
        new(_plan, _roots, _options, _counters, new DeviceTotalsCalculator(BlockLayers, learns: true));

    private void CheckMemory(long monotonicNowNs)
    {
        if (_ownMemory is null) return;
        lock (_memoryCheck)
        {
            _ownMemory.Refresh();
            if (_startedNs == long.MinValue) _startedNs = monotonicNowNs;
            _held.Budget.SetMemoryRoom(_ownMemory, monotonicNowNs, monotonicNowNs - _startedNs < StartingNs);
            Volatile.Write(ref _checkMemoryAtHeld, HeldFiles + CheckMemoryEvery);
        }
    }
}
