using NsCollector.Catalogue;
using NsCollector.Sample.Cgroup.Limits;
using NsCollector.Sample.Cgroup.MemoryDetail;
using NsCollector.Telemetry;
using static NsCollector.Sample.Cgroup.ContainerCgroup;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Reads the cgroup files of a container into <see cref="ContainerSample"/>: decides which files are read, and in which
/// order. One for each thread that reads; what they share is <see cref="CgroupSampler"/>. A steady reading allocates nothing.
/// </summary>
internal sealed class ContainerCgroupReader : IDisposable
{
    private readonly CgroupSampler _shared;
    private readonly CgroupFilePlan _plan;
    private readonly CgroupFile[] _files;
    private readonly HeldFiles _held;
    private readonly UnsupportedFiles _unsupported;
    private readonly CgroupFileReader _reader;
    private readonly CgroupFileDispatch _dispatch;
    private readonly AgentCounters _counters;
    private readonly bool _hasLimits;
    private readonly TaskStateReader? _taskStates;

    /// <param name="shared">What all readers share.</param>
    /// <param name="plan">The files.</param>
    /// <param name="held">The held files.</param>
    /// <param name="unsupported">The files that this kernel does not have, for all readers.</param>
    /// <param name="dispatch">The parsers, for this reader alone.</param>
    /// <param name="counters">Counts failures.</param>
    /// <param name="options">Turn container_limits and container_memory_detail on.</param>
    internal ContainerCgroupReader(
        CgroupSampler shared, CgroupFilePlan plan, HeldFiles held, UnsupportedFiles unsupported, CgroupFileDispatch dispatch, AgentCounters counters,
        SampleOptions options)
    {
        _shared = shared;
        _plan = plan;
        _files = plan.Files;
        _held = held;
        _unsupported = unsupported;
        _reader = new CgroupFileReader(_files, held, unsupported, counters);
        _dispatch = dispatch;
        _counters = counters;
        _hasLimits = options.Limits;
        if (options.MemoryDetail) _taskStates = new TaskStateReader(plan.TaskStatesHierarchy, counters);
    }

    /// <summary>The buffer and the system calls.</summary>
    internal CgroupFileReader Files => _reader;

    /// <summary>
    /// Reads the container's cgroup files into a sample that the caller has cleared: the scalars of cpu, memory and pids, the
    /// rows of cores, devices, pressure and hugetlb, memory.stat, and the state.
    /// </summary>
    /// <param name="cgroup">From <see cref="CgroupSampler.Open"/>. Only one thread reads it at a time.</param>
    /// <param name="sample">Receives the readings.</param>
    /// <param name="monotonicNowNs">The monotonic clock right before the call. CPU usage is read first, and its percentage is relative to this clock.</param>
    internal CgroupReadResult Read(ContainerCgroup cgroup, ContainerSample sample, long monotonicNowNs)
    {
        if (cgroup.IsClosed) return CgroupReadResult.Vanished;
        _shared.CheckMemoryIfDue(monotonicNowNs);
        _held.ApplyBudget(cgroup);

        bool isWithLimits = _shared.BeginLimitsIfDue(cgroup, monotonicNowNs);
        var reading = new CgroupReading(sample, cgroup.Carried, isWithLimits, monotonicNowNs)
        {
            IsWithStat = _shared.IsStatDue(cgroup, monotonicNowNs),
            IsOfParent = cgroup.Container.IsParent,
        };
        sample.HasCpuWeight = _plan.UnifiedCpuBandwidth;
        if (_taskStates is not null) sample.BeginMemoryDetail();
        LimitSample? limits = isWithLimits && _hasLimits ? sample.BeginLimits() : null;
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
            _shared.ApplyAncestors(cgroup, _reader, monotonicNowNs);
            _counters.Add(AgentCounter.ValuesImpossible, cgroup.Carried.Limits.ImpossibleCount);
        }

        if (limits is not null && cgroup.Init is { } init) InitLimits.Read(init, _reader, limits.Readings, _counters);
        if (sample.Scalars.Has(Reading.PidsProcesses)) _taskStates?.Read(cgroup, cgroup.Carried, sample.Scalars);
        _shared.Derive(cgroup, sample, monotonicNowNs);
        return cgroup.LostSome ? CgroupReadResult.PartlyVanished : CgroupReadResult.Complete;
    }

    /// <summary>Adds what was counted while reading to the agent's counters: once for many containers, because threads share these.</summary>
    internal void AddCounts() => _reader.AddCounts();

    /// <summary>Closes the reader's own descriptors; those of containers are closed one by one.</summary>
    public void Dispose()
    {
        _reader.Dispose();
        _taskStates?.Dispose();
    }

    private bool IsNeeded(ContainerCgroup cgroup, int index, ref CgroupReading reading)
    {
        CgroupFile file = _files[index];
        if (!cgroup.Exists[file.Hierarchy] || (file.IsSlow && !reading.IsWithLimits)) return false;
        if (file.InsteadOf >= 0 && cgroup.Exists[file.InsteadOf]) return false;
        if (file.IsInnermost && !file.IsPayload && reading.Carried.HasPayload) return false;
        if (file.IsPayload && !PayloadRules.IsNeeded(reading.Carried, file)) return false;

        // crun may create its payload's cgroup after the first reading.
        bool mayAppear = file.Kind is CgroupFileKind.PayloadEventsV2 or CgroupFileKind.PayloadProcsV1 || (file.IsPayload && reading.IsWithLimits);
        if (cgroup.Files[index] == FileState.Absent && !mayAppear) return false;
        if (cgroup.Files[index] == FileState.Unknown && _unsupported.Contains(index, reading.NowNs)) return false;
        if ((file.Controller & reading.Carried.DisabledControllers) != 0) return false;

        // Between two readings of the limits only the chosen alternative is read.
        if (file.Chain >= 0 && !reading.IsWithLimits && cgroup.Chosen[file.Chain] != index) return false;
        return file.Kind switch
        {
            CgroupFileKind.CpuacctStat => !reading.Sample.Scalars.Has(Reading.CpuUserNs),
            CgroupFileKind.MemoryStat or CgroupFileKind.NumaStat => reading.IsWithStat,
            CgroupFileKind.Processes => IsListWhole(cgroup, file, ref reading),
            CgroupFileKind.CpuPeriodV1 => reading.QuotaV1 is not null,

            // The limit of memory and swap together cannot be set without one of memory.
            CgroupFileKind.MemoryMemswLimitV1 => reading.Carried.Limits.Has(Reading.MemoryLimitBytes),
            CgroupFileKind.Procs => !reading.Sample.Scalars.Has(Reading.PidsCurrent) && reading.Carried.Populated is not true,
            _ => true,
        };
    }

    /// <summary>
    /// Whether cgroup.procs of the container's own cgroup, and of its payload if there is one, list all its processes. The file lists
    /// the processes of a single cgroup, and the container may have created further cgroups below. The payload's file comes first.
    /// </summary>
    private static bool IsListWhole(ContainerCgroup cgroup, CgroupFile file, ref CgroupReading reading)
    {
        if (file.IsPayload)
            return CgroupDirectories.CountChildren(cgroup, file.Hierarchy, ""u8) == 1 && CgroupDirectories.CountChildren(cgroup, file.Hierarchy, "container"u8) == 0;
        return reading.Carried.HasPayload ? reading.Sample.Scalars.Has(Reading.PidsProcesses) : CgroupDirectories.CountChildren(cgroup, file.Hierarchy, ""u8) == 0;
    }

    /// <returns>The index of the next file.</returns>
    private int ReadFile(ContainerCgroup cgroup, int index, ref CgroupReading reading)
    {
        CgroupFile file = _files[index];
        if (_shared.Records?.TryApply(cgroup, index, ref reading) == true) return file.Next;
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
