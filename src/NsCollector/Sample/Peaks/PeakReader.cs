using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Bpf;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Cgroup.Records;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Peaks;

/// <summary>
/// Looks at every container between two samples, and gives each sample the highest values since the one before
/// (<see cref="SampleOptions.Peaks"/>). For the sampling thread; a steady look allocates nothing.
/// </summary>
internal sealed class PeakReader : IDisposable
{
    // A window has at least ten periods, and a period is 100 ms unless the runtime sets another one: at this pace windows have 10 to
    // 14. Where throttling has a file of its own, reading it in every look would add half of the cost.
    private static readonly TimeSpan ThrottlingEvery = TimeSpan.FromMilliseconds(400);

    private readonly long _everyNs;
    private readonly long _throttlingEveryLooks;
    private readonly PeakFilePlan _plan;
    private readonly HeldFilesBudget _budget;
    private readonly PeakFiles _files;
    private readonly CgroupRecords? _records;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly List<ContainerPeaks> _open = [];
    private readonly ReadingSet _cpuStat = ReadingSet.Of(SamplePart.Info, SamplePart.Scalars);
    private long _looks;
    private bool _hasWarned;

    private PeakReader(TimeSpan every, CgroupSampler cgroups, AgentCounters counters, ILogger logger)
    {
        _everyNs = every.Ticks * TimeSpan.NanosecondsPerTick;
        _throttlingEveryLooks = Math.Max(1, ThrottlingEvery.Ticks / every.Ticks);
        _plan = new PeakFilePlan(cgroups.Plan);
        _budget = cgroups.Budget;
        _files = new PeakFiles(_budget, counters);
        _records = cgroups.Records;
        _counters = counters;
        _logger = logger;
    }

    /// <summary>When the next look is due, on the monotonic clock; <see cref="long.MaxValue"/> while no file is open.</summary>
    internal long DueNs { get; private set; } = long.MaxValue;

    /// <summary>Creates a reader; null if <see cref="SampleOptions.Peaks"/> is off.</summary>
    /// <param name="options">How often to look.</param>
    /// <param name="cgroups">Has the plan of files and the budget.</param>
    /// <param name="counters">Counts failures.</param>
    /// <param name="logger">Receives a warning, once, if containers have no peaks.</param>
    internal static PeakReader? Create(SampleOptions options, CgroupSampler cgroups, AgentCounters counters, ILogger logger) =>
        options.Peaks > TimeSpan.Zero ? new PeakReader(options.Peaks, cgroups, counters, logger) : null;

    /// <summary>Looks at every container, if a look is due.</summary>
    internal void LookIfDue()
    {
        long nowNs = SystemClock.MonotonicNs();
        if (nowNs < DueNs) return;

        // What is late is not made up for: the windows are longer.
        DueNs = Math.Max(DueNs + _everyNs, nowNs + (_everyNs / 2));

        _looks++;
        RecordParts parts = IsThrottlingLook(0) ? _files.Parts : _files.Parts & ~RecordParts.Bandwidth;
        if (parts != RecordParts.None) _records!.Look(parts);

        // From the end, because a container whose last file is closed leaves the list.
        for (int i = _open.Count - 1; i >= 0; i--) Look(_open[i]);
        if (_open.Count == 0) DueNs = long.MaxValue;
    }

    /// <summary>Adds the highest values since the last sample to the next one, and begins to look at what the container has by now.</summary>
    /// <param name="peaks">The container's.</param>
    /// <param name="sample">Its sample, complete.</param>
    internal void Complete(ContainerPeaks peaks, ContainerSample sample)
    {
        ReadingSet scalars = sample.Scalars;
        ReportCpu(peaks, scalars);
        ReportThrottling(peaks, scalars);
        ReportMemory(peaks, scalars);
        bool isWithin = OpenWanted(peaks, scalars);
        EndCycleOfThrottling(peaks, scalars);
        if (isWithin) return;
        _counters.Add(AgentCounter.PeaksOverBudget);
        if (_hasWarned) return;
        _hasWarned = true;
        _logger.LogWarning(
            "Some containers have no peaks between samples, because the limit on open files or the memory that the agent's cgroup may use leaves no room for their files. peaks_over_budget counts them. Raise LimitNOFILE or MemoryMax, or set agent.peaks to off.");
    }

    /// <summary>At the end of a cycle: closes files for which the memory no longer suffices.</summary>
    internal void EndCycle()
    {
        while (_budget.ArePeakFilesOverMemory && _open.Count > 0) Close(_open[^1]);
    }

    /// <summary>Closes the files of a container. May be called again.</summary>
    internal void Close(ContainerPeaks? peaks)
    {
        if (peaks is null) return;
        _files.Close(peaks.CpuFile);
        _files.Close(peaks.ThrottlingFile);
        _files.Close(peaks.MemoryFile);
        Update(peaks);
    }

    /// <summary>Closes every file.</summary>
    public void Dispose()
    {
        while (_open.Count > 0) Close(_open[^1]);
    }

    private void Look(ContainerPeaks peaks)
    {
        if (peaks.CpuFile.IsOpen) LookAtCpu(peaks);
        if (peaks.ThrottlingFile.IsOpen && IsThrottlingLook(peaks.ThrottlingFile.IsRecord ? 0 : peaks.Index)) LookAtThrottling(peaks);
        if (peaks.MemoryFile.IsOpen && !peaks.ResetsMemoryPeak) LookAtMemory(peaks);
        Update(peaks);
    }

    // Files take turns. Records are all written in one look.
    private bool IsThrottlingLook(int turn) => (_looks + turn) % _throttlingEveryLooks == 0;

    /// <summary>Whether the last look has written the record in the place of a file. If not, the record is no longer used.</summary>
    private bool TryRecord(ContainerPeaks peaks, PeakFile file, out int index)
    {
        if (_records!.TryGetLook(peaks.Cgroup, file.Part, out index)) return true;
        _files.Close(file);
        return false;
    }

    private void LookAtCpuRecord(ContainerPeaks peaks)
    {
        if (!TryRecord(peaks, peaks.CpuFile, out int index))
        {
            peaks.Cpu.Abandon();
            return;
        }

        ref readonly LookRecord look = ref _records!.LookOf(index);
        peaks.Cpu.Look((long)look.FromNs, (long)look.ToNs, (long)look.CpuacctNs);
    }

    private void LookAtThrottlingRecord(ContainerPeaks peaks)
    {
        if (TryRecord(peaks, peaks.ThrottlingFile, out int index))
            peaks.Throttling.Look(_records!.LookOf(index).Periods, _records.LookOf(index).ThrottledPeriods);
        else
            peaks.Throttling.Abandon();
    }

    private void LookAtCpu(ContainerPeaks peaks)
    {
        if (peaks.CpuFile.IsRecord)
        {
            LookAtCpuRecord(peaks);
            return;
        }

        CgroupFile file = peaks.CpuFile.File!;
        long beforeNs = SystemClock.MonotonicNs();
        ReadOnlySpan<byte> text = _files.Read(peaks.CpuFile);
        long afterNs = SystemClock.MonotonicNs();
        if (text.IsEmpty)
        {
            peaks.Cpu.Abandon();
            peaks.Throttling.Abandon();
            return;
        }

        if (file.Kind != CgroupFileKind.CpuStat)
        {
            if (TryNumber(text, out long usageNs)) peaks.Cpu.Look(beforeNs, afterNs, usageNs);
            return;
        }

        // A file whose throttling does not count, because the container has no quota or the quota of its payload, has no window.
        ParseCpuStat(text, usage: true);
        if (_cpuStat.TryGet(Reading.CpuUsageNs, out long usage)) peaks.Cpu.Look(beforeNs, afterNs, usage);
        if (peaks.IsThrottlingInCpuFile) LookAtPeriods(peaks);
    }

    private void LookAtThrottling(ContainerPeaks peaks)
    {
        if (peaks.ThrottlingFile.IsRecord)
        {
            LookAtThrottlingRecord(peaks);
            return;
        }

        ReadOnlySpan<byte> text = _files.Read(peaks.ThrottlingFile);
        if (text.IsEmpty)
        {
            peaks.Throttling.Abandon();
            return;
        }

        ParseCpuStat(text, usage: false);
        LookAtPeriods(peaks);
    }

    private void LookAtPeriods(ContainerPeaks peaks)
    {
        if (_cpuStat.TryGet(Reading.CpuNrPeriods, out long periods) && _cpuStat.TryGet(Reading.CpuNrThrottled, out long throttled))
            peaks.Throttling.Look(periods, throttled);
    }

    private void LookAtMemory(ContainerPeaks peaks)
    {
        if (peaks.MemoryFile.IsRecord)
        {
            if (TryRecord(peaks, peaks.MemoryFile, out int index))
                peaks.MemoryMaxBytes = Math.Max(peaks.MemoryMaxBytes, (long)_records!.LookOf(index).MemoryUsage * Environment.SystemPageSize);
            return;
        }

        ReadOnlySpan<byte> text = _files.Read(peaks.MemoryFile);
        if (!text.IsEmpty && TryNumber(text, out long bytes)) peaks.MemoryMaxBytes = Math.Max(peaks.MemoryMaxBytes, bytes);
    }

    private void ParseCpuStat(ReadOnlySpan<byte> text, bool usage)
    {
        _cpuStat.Clear();
        _counters.Add(AgentCounter.ReadErrors, CpuStatParser.Parse(text, usage, bandwidth: true, _cpuStat));
    }

    private bool TryNumber(ReadOnlySpan<byte> text, out long value)
    {
        bool isNumber = SingleValueParser.Parse(text, out ulong number) == SingleValue.Number && number <= long.MaxValue;
        if (!isNumber) _counters.Add(AgentCounter.ReadErrors);
        value = (long)number;
        return isNumber;
    }

    // The interval between the two samples is a window too, so that no peak is below the average beside it.
    private static void ReportCpu(ContainerPeaks peaks, ReadingSet scalars)
    {
        if (!peaks.Cpu.TryTakeMax(out double percent)) return;
        if (scalars.Has(Reading.CpuUsagePercent)) percent = Math.Max(percent, scalars.GetDouble(Reading.CpuUsagePercent));
        scalars.SetDouble(Reading.CpuUsagePercentMax, percent);
    }

    private static void ReportThrottling(ContainerPeaks peaks, ReadingSet scalars)
    {
        EndCycleOfThrottling(peaks, scalars);
        bool hasLooks = peaks.Throttling.TryTakeMax(out double percent), hasCycle = peaks.CycleThrottling.TryTakeMax(out double cycle);
        if (hasLooks || hasCycle) scalars.SetDouble(Reading.CpuThrottledPercentMax, Math.Max(hasLooks ? percent : 0, hasCycle ? cycle : 0));
    }

    /// <summary>Ends the window between two samples, or begins the first one: a second call with one sample changes nothing.</summary>
    private static void EndCycleOfThrottling(ContainerPeaks peaks, ReadingSet scalars)
    {
        bool isLookedAt = peaks.ThrottlingFile.IsOpen || peaks.IsThrottlingInCpuFile;
        if (isLookedAt && scalars.TryGet(Reading.CpuNrPeriods, out long periods) && scalars.TryGet(Reading.CpuNrThrottled, out long throttled))
            peaks.CycleThrottling.End(periods, throttled);
        else
            peaks.CycleThrottling.Abandon();
    }

    private void ReportMemory(ContainerPeaks peaks, ReadingSet scalars)
    {
        if (peaks.ResetsMemoryPeak && peaks.MemoryFile.IsOpen)
        {
            LookAtMemory(peaks);
            if (peaks.MemoryFile.IsOpen && MemoryPeakFile.Reset(peaks.MemoryFile.Descriptor) < 0)
            {
                // Its next value would be that of a longer time.
                _counters.Add(AgentCounter.ReadErrors);
                _files.Close(peaks.MemoryFile);
            }
        }

        long bytes = peaks.MemoryMaxBytes;
        peaks.MemoryMaxBytes = -1;
        if (bytes < 0) return;
        if (scalars.TryGet(Reading.MemoryUsageBytes, out long usage)) bytes = Math.Max(bytes, usage);
        scalars.Set(Reading.MemoryUsageBytesMax, bytes);
    }

    /// <returns>False if descriptors or memory do not suffice for one of the files.</returns>
    private bool OpenWanted(ContainerPeaks peaks, ReadingSet scalars)
    {
        CgroupFile? usage = _plan.UsageOf(peaks.Cgroup, scalars), throttling = _plan.ThrottlingOf(peaks.Cgroup, scalars);
        bool isShared = throttling is not null && ReferenceEquals(throttling, usage);
        if (isShared != peaks.IsThrottlingInCpuFile) peaks.Throttling.Abandon();
        peaks.IsThrottlingInCpuFile = isShared;
        bool isWithin = Open(peaks.CpuFile, usage, peaks, isMemory: false);
        isWithin &= Open(peaks.ThrottlingFile, isShared ? null : throttling, peaks, isMemory: false);
        isWithin &= Open(peaks.MemoryFile, _plan.MemoryOf(peaks.Cgroup, scalars), peaks, isMemory: true);
        Update(peaks);
        return isWithin;
    }

    private bool Open(PeakFile file, CgroupFile? wanted, ContainerPeaks peaks, bool isMemory)
    {
        // Without a reading in this sample a file stays open, except for a quota that is gone: its file is no longer needed.
        bool stays = file.IsOpen && (ReferenceEquals(file.File, wanted) || (wanted is null && file != peaks.ThrottlingFile));
        if (stays)
        {
            // A window goes on: the record has the same number as the file.
            if (!file.IsRecord && !(isMemory && peaks.ResetsMemoryPeak) && CanLook(peaks, wanted, out RecordParts better)) _files.UseRecord(file, wanted!, better);
            return true;
        }

        if (file.IsOpen) CloseReplaced(file, peaks);
        if (wanted is null) return true;
        if (isMemory && (peaks.ResetsMemoryPeak = _files.TryOpenPeak(file, wanted, peaks.Cgroup))) return true;
        if (CanLook(peaks, wanted, out RecordParts part))
        {
            // The next look begins the window.
            _files.UseRecord(file, wanted, part);
            return true;
        }

        if (!_files.TryOpen(file, wanted, peaks.Cgroup)) return false;
        if (file.IsOpen) LookAt(file, peaks);
        return true;
    }

    private bool CanLook(ContainerPeaks peaks, CgroupFile? wanted, out RecordParts part)
    {
        part = RecordParts.None;
        return _records is not null && wanted is not null && _records.CanLook(peaks.Cgroup, wanted, out part);
    }

    /// <summary>The first look begins the windows. It also charges the file's memory, so that the budget sees it.</summary>
    private void LookAt(PeakFile file, ContainerPeaks peaks)
    {
        if (file == peaks.CpuFile) LookAtCpu(peaks);
        else if (file == peaks.ThrottlingFile) LookAtThrottling(peaks);
        else _files.Read(file);
    }

    private void CloseReplaced(PeakFile file, ContainerPeaks peaks)
    {
        _files.Close(file);
        if (file == peaks.CpuFile) peaks.Cpu.Abandon();
        else if (file == peaks.ThrottlingFile) peaks.Throttling.Abandon();
    }

    /// <summary>Keeps the list of containers with an open file, and begins or ends looking.</summary>
    private void Update(ContainerPeaks peaks)
    {
        bool isOpen = peaks.CpuFile.IsOpen || peaks.ThrottlingFile.IsOpen || peaks.MemoryFile.IsOpen;
        if (isOpen == peaks.Index >= 0) return;
        if (isOpen)
        {
            peaks.Index = _open.Count;
            _open.Add(peaks);
            if (DueNs == long.MaxValue) DueNs = SystemClock.MonotonicNs() + _everyNs;
            return;
        }

        // The last one takes its place.
        ContainerPeaks last = _open[^1];
        _open[peaks.Index] = last;
        last.Index = peaks.Index;
        _open.RemoveAt(_open.Count - 1);
        peaks.Index = -1;
    }
}
