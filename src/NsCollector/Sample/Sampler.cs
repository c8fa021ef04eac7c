using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Events;
using NsCollector.Sample.Net;
using NsCollector.Sample.Peaks;
using NsCollector.Sample.Traffic;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>
/// Runs cycles, and between them the first readings of new containers. It reads containers in groups (cgroup files, then
/// network namespaces, then the consumer), so that a sample is still in the processor's cache when it is encoded.
/// </summary>
/// <remarks>For the sampling thread. It owns every descriptor held for sampling. A steady cycle allocates nothing.</remarks>
internal sealed class Sampler : IDisposable
{
    // Large enough that many namespaces share one native call, small enough that their texts stay in the cache.
    private const int GroupSize = 32;

    private readonly IContainerSource _source;
    private readonly ISampleConsumer _consumer;
    private readonly CgroupSampler _cgroups;
    private readonly NetworkVisitor _visitor;
    private readonly NetworkNamespaces _namespaces;
    private readonly AgentCounters _counters;
    private readonly BootClock _clock;
    private readonly NetworkTarget[] _targets = new NetworkTarget[GroupSize];
    private readonly int[] _born = new int[GroupSize];
    private readonly SampledContainers _containers;
    private readonly EventIntake _events;
    private readonly FinalCounterSearch _finalCounters;
    private readonly LinkFinder _links;
    private readonly LinkRemovals _removals;
    private readonly TrafficTable _traffic;
    private readonly Pace _protocolsPace;
    private readonly PeakReader? _peaks;
    private readonly FlushSchedule _flushes = new();
    private long _finishByNs = long.MaxValue;
    private bool _hasUnflushed;
    private bool _hasCycled;

    /// <summary>Creates a sampler; nothing is read yet.</summary>
    /// <param name="source">The containers and their events.</param>
    /// <param name="consumer">Receives every sample.</param>
    /// <param name="mounts">Where the cgroup hierarchies are.</param>
    /// <param name="roots">Where the host's procfs and sysfs are.</param>
    /// <param name="options">What is read.</param>
    /// <param name="counters">Counts failures.</param>
    /// <param name="loggers">Logs failures, rate-limited.</param>
    /// <param name="clock">Says when processes started; the sampler disposes it. Null: the host's clocks.</param>
    /// <param name="ownMemory">What this process may use; the caller disposes it. Null: any amount.</param>
    public Sampler(
        IContainerSource source,
        ISampleConsumer consumer,
        CgroupMounts mounts,
        HostRoots roots,
        SampleOptions options,
        AgentCounters counters,
        ILoggerFactory loggers,
        BootClock? clock = null,
        OwnMemoryCgroup? ownMemory = null)
    {
        _clock = clock ?? new BootClock();
        _source = source;
        _consumer = consumer;
        _counters = counters;
        _cgroups = new CgroupSampler(mounts, roots, options, counters, loggers.CreateLogger("cgroup"), ownMemory);
        _visitor = new NetworkVisitor(options, roots, counters, loggers.CreateLogger("network"));
        _namespaces = new NetworkNamespaces(_visitor);
        _peaks = PeakReader.Create(options, _cgroups, counters, loggers.CreateLogger("cgroup"));
        _protocolsPace = new Pace(options.ProtocolsInterval, options.Interval);
        _containers = new SampledContainers(_cgroups, options, counters);
        _links = new LinkFinder(options, roots, counters, loggers.CreateLogger("network"));
        _removals = new LinkRemovals((int)options.RemovalBufferBytes);
        _traffic = new TrafficTable(_removals, counters);
        _finalCounters = new FinalCounterSearch(
            _containers, _visitor, _namespaces, new FinalCounterLocator(options, roots, counters), _links, _traffic, source);
        var parser = new EventParser(new WatchedFiles(mounts, options), roots, options, counters, _cgroups.BlockLayers);
        _events = new EventIntake(source, consumer, _containers, parser, _finalCounters, counters);
        for (int i = 0; i < GroupSize; i++) _targets[i] = new NetworkTarget();
    }

    /// <summary>Time budget for one round of births and veth look-ups; a reading in progress is completed.</summary>
    internal long BetweenCyclesBudgetNs { get; init; } = 20_000_000;

    /// <summary>When <see cref="EndFlush"/> is due, on the monotonic clock; <see cref="long.MaxValue"/> if it is not.</summary>
    internal long FlushDueNs => _flushes.DueNs;

    /// <summary>When <see cref="LookIfDue"/> is due, on the monotonic clock; <see cref="long.MaxValue"/> if it is not.</summary>
    internal long LookDueNs => _peaks?.DueNs ?? long.MaxValue;

    /// <summary>Whether <see cref="RunBetweenCycles"/> has work left, without a new event: births, veth look-ups.</summary>
    internal bool HasMoreBetweenCycles => _containers.Births > 0 || _finalCounters.HasDue;

    /// <summary>When <see cref="RunBetweenCycles"/> has to search for final counters again, on the monotonic clock; <see cref="long.MaxValue"/> if it has not.</summary>
    internal long FinalCounterSearchDueNs => _finalCounters.ScheduledNs;

    /// <summary>When an exit that waits for the last counters of interfaces is published without them, on the monotonic clock; <see cref="long.MaxValue"/> if none waits.</summary>
    internal long PendingExitsDueNs => _events.PendingDueNs;

    /// <summary>Readable when interfaces were removed: call <see cref="ReadRemovals"/>. Negative if nothing is reported.</summary>
    internal int RemovalsDescriptor => _removals.Descriptor;

    /// <summary>Of how many network namespaces the traffic is known, for tests.</summary>
    internal int NamespacesCounted => _traffic.Count;

    /// <summary>Reads what was reported of removed interfaces.</summary>
    /// <returns>Whether <see cref="RunBetweenCycles"/> can publish an exit that waited for it.</returns>
    internal bool ReadRemovals() => _finalCounters.ReadRemovals() && _events.HasReady;

    /// <summary>Processes events and the newest list, then reads every container once and hands the samples to the consumer.</summary>
    /// <returns>What the consumer received at the end of the cycle.</returns>
    public CycleReport RunCycle()
    {
        long beganNs = SystemClock.MonotonicNs();
        long cpuBeganNs = Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID);
        long timestampNs = SystemClock.RealtimeNs();
        _clock.Refresh();
        ContainerList list = ProcessChanges();
        _namespaces.Update(list, _clock.NowNs());
        _finalCounters.ForgetLostNamespaces();
        _finalCounters.BeginVisits(BetweenCyclesBudgetNs);
        _consumer.BeginCycle(list);

        int read = 0, namespaces = 0, owner = 0;
        for (int start = 0; start < _containers.Count && SystemClock.MonotonicNs() < Interlocked.Read(ref _finishByNs); start += GroupSize)
        {
            LookIfDue();
            int end = Math.Min(start + GroupSize, _containers.Count);
            for (int i = start; i < end; i++) Read(_containers[i]);
            namespaces += Visit(ref owner, end);
            for (int i = start; i < end; i++)
            {
                SampledContainer container = _containers[i];
                if (container.HasVanished) continue;
                read++;
                HandOver(i);
            }
        }

        var report = new CycleReport(
            timestampNs,
            read,
            namespaces,
            SystemClock.MonotonicNs() - beganNs,
            Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) - cpuBeganNs,
            _cgroups.HeldFiles,
            _visitor.NamespaceDescriptors);
        _consumer.EndCycle(report);
        _hasUnflushed = false;
        _hasCycled = true;
        long nowNs = SystemClock.MonotonicNs();
        _cgroups.EndCycle(nowNs);
        _peaks?.EndCycle();
        _flushes.Ended(nowNs);
        _finalCounters.MarkScheduled(nowNs, isCycle: true);
        _finalCounters.Run(nowNs + BetweenCyclesBudgetNs);
        return report;
    }

    /// <summary>
    /// Between two cycles: hands over events, applies the newest list, reads only the new containers, and flushes.
    /// </summary>
    /// <param name="finishByNs">On the monotonic clock: births and veth look-ups not begun by then wait for the next call or cycle.</param>
    internal void RunBetweenCycles(long finishByNs)
    {
        finishByNs = Math.Min(finishByNs, SystemClock.MonotonicNs() + BetweenCyclesBudgetNs);
        _clock.Refresh();
        ProcessChanges();
        ReadNewborn(finishByNs);
        if (_hasUnflushed)
        {
            _hasUnflushed = false;
            _consumer.Flush(_flushes.IsEnd(SystemClock.MonotonicNs()));
        }

        _finalCounters.MarkScheduled(SystemClock.MonotonicNs(), isCycle: false);
        _finalCounters.Run(finishByNs);
    }

    /// <summary>Looks at what containers use between two samples, if a look is due (<see cref="SampleOptions.Peaks"/>).</summary>
    internal void LookIfDue() => _peaks?.LookIfDue();

    /// <summary>Closes what was flushed before.</summary>
    internal void EndFlush()
    {
        _consumer.Flush(isEnd: true);
        _flushes.Ended(SystemClock.MonotonicNs());
    }

    /// <summary>Hands over the last events when the agent stops; nothing is read any more.</summary>
    internal void ProcessLastEvents()
    {
        _finalCounters.ReadRemovals();
        _events.ProcessQueued();
        _events.ProcessPending(long.MaxValue);
        _events.ClearUnlisted();
        _consumer.EndRun();
        EndFlush();
    }

    /// <summary>
    /// Limits the running cycle when the agent stops: from that time on it begins no other group of containers, so that what
    /// was read is still written. From any thread.
    /// </summary>
    /// <param name="monotonicNs">On the monotonic clock.</param>
    public void FinishBy(long monotonicNs) => Interlocked.Exchange(ref _finishByNs, monotonicNs);

    /// <summary>Closes every descriptor.</summary>
    public void Dispose()
    {
        _peaks?.Dispose();
        _containers.CloseAll();
        _cgroups.Dispose();
        _visitor.Dispose();
        _links.Dispose();
        _removals.Dispose();
        _clock.Dispose();
    }

    private ContainerList ProcessChanges()
    {
        // Before the events: an event is queued before the list without its container is published, and needs the last sample.
        ContainerList list = _source.Current;
        _finalCounters.ReadRemovals();
        _hasUnflushed |= _events.ProcessQueued();
        _hasUnflushed |= _events.ProcessPending(SystemClock.MonotonicNs());
        if (!ReferenceEquals(list, _containers.List))
        {
            _containers.Apply(list, isStart: !_hasCycled, OnRemoved);
            _finalCounters.OnListChanged();
            _source.Acknowledge(list.Generation);
        }

        _events.ProcessUnlisted();
        return list;
    }

    private void ReadNewborn(long finishByNs)
    {
        if (_containers.Births == 0) return;
        _namespaces.Update(_containers.List, _clock.NowNs(), newOnly: true);
        _finalCounters.ForgetLostNamespaces();
        _finalCounters.BeginVisits(BetweenCyclesBudgetNs);
        _consumer.BeginBirths(_containers.List);
        _finalCounters.MarkChangedMounts();
        for (int next = 0; next < _containers.Count && _containers.Births > 0 && SystemClock.MonotonicNs() < finishByNs;)
        {
            int count = 0, targets = 0;
            for (; next < _containers.Count && count < GroupSize; next++)
            {
                if (!_containers[next].IsNewborn) continue;
                _born[count++] = next;
                Read(_containers[next]);
                if (_namespaces.OwnerOf(next) == next) AddTarget(ref targets, next);
            }

            VisitTargets(targets);
            for (int i = 0; i < count; i++)
            {
                SampledContainer container = _containers[_born[i]];
                if (container.HasVanished) continue;
                _hasUnflushed = true;
                HandOver(_born[i]);
            }
        }
    }

    private void OnRemoved(SampledContainer container)
    {
        _peaks?.Close(container.Peaks);
        _finalCounters.OnRemoved(container);
    }

    private void HandOver(int index)
    {
        SampledContainer container = _containers[index];
        container.WasSampled = true;
        if (_peaks is not null) _peaks.Complete(container.Peaks ??= new ContainerPeaks(container.Cgroup), container.Sample);
        if (container.Sample.ImpossibleCount is > 0 and int impossible) _counters.Add(AgentCounter.ValuesImpossible, impossible);
        _consumer.Accept(container.Container, container.Sample);
        container.Totals.Apply(container.Sample);
        if (_namespaces.OwnerOf(index) < 0) _finalCounters.OnReadInHost(container);
    }

    private void Read(SampledContainer container)
    {
        _containers.EndBirth(container);
        if (container.HasVanished) return;
        ContainerSample sample = container.Sample;
        sample.Clear();
        sample.TimestampNs = SystemClock.RealtimeNs();
        if (_cgroups.Read(container.Cgroup, sample, SystemClock.MonotonicNs()) == CgroupReadResult.Vanished)
        {
            // Counted once; discovery removes the container from its list when it sees the same.
            container.HasVanished = true;
            _counters.Add(AgentCounter.ContainersVanished);
            _source.RequestWalk();
            return;
        }

        if (container.Container.Init is { } init)
        {
            sample.Scalars.Set(Reading.InfoPid, init.Pid);
            if (init.StartedBoottimeNs > 0)
            {
                sample.Scalars.Set(Reading.InfoStartedAtNs, _clock.EpochNsOf(init.StartedBoottimeNs));
                long uptimeNs = _clock.NowNs() - init.StartedBoottimeNs;
                if (uptimeNs >= 0) sample.Scalars.Set(Reading.InfoUptimeNs, uptimeNs);
            }
        }

        // Without an init process the state stays unknown: the process may be invisible from here.
        if (sample.State == ContainerState.Unknown && container.Container.Init is not null) sample.State = ContainerState.Running;
    }

    /// <summary>Visits the namespaces owned by the containers below <paramref name="end"/> that were not visited yet.</summary>
    private int Visit(ref int owner, int end)
    {
        ReadOnlySpan<int> owners = _namespaces.Owners;
        int count = 0;
        for (; owner < owners.Length && owners[owner] < end; owner++) AddTarget(ref count, owners[owner]);
        return VisitTargets(count);
    }

    private void AddTarget(ref int count, int index)
    {
        SampledContainer container = _containers[index];
        if (container.HasVanished) return;
        NetworkTarget target = _targets[count++];
        target.ContainerIndex = index;
        target.Init = container.Container.Init;
        target.Sample = container.Sample;
        target.SkipsProtocols = !_protocolsPace.IsDue(container.Container.Key, ref container.NextProtocolsNs, SystemClock.MonotonicNs());
    }

    /// <returns>How many namespaces were read.</returns>
    private int VisitTargets(int count)
    {
        if (count == 0) return 0;
        _visitor.Visit(_targets, count);
        _namespaces.Record(_targets.AsSpan(0, count));
        int read = 0;
        for (int i = 0; i < count; i++)
        {
            NetworkTarget target = _targets[i];
            if (target.Result == NetworkVisitResult.Read)
            {
                read++;
                _finalCounters.OnVisited(_containers[target.ContainerIndex], target.NamespaceInode);
            }
            else if (target.Result == NetworkVisitResult.ProcessGone)
            {
                _source.RequestWalk();
            }
        }

        return read;
    }
}
