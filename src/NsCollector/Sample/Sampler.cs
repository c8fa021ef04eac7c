using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Events;
using NsCollector.Sample.Filesystem;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Net;
using NsCollector.Sample.Oom;
using NsCollector.Sample.Parents;
using NsCollector.Sample.Peaks;
using NsCollector.Sample.Threads;
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
    private readonly IContainerSource _source;
    private readonly ISampleConsumer _consumer;
    private readonly CgroupSampler _cgroups;
    private readonly NetworkVisitor _visitor;
    private readonly NetworkNamespaces _namespaces;
    private readonly AgentCounters _counters;
    private readonly BootClock _clock;
    private readonly ReadingThreads _threads;
    private readonly ThreadDemand _demand;
    private readonly SampledContainers _containers;
    private readonly ContainerSelection _selection;
    private readonly GroupResults _results;
    private readonly EventIntake _events;
    private readonly StartReporter _starts;
    private readonly FinalCounterSearch _finalCounters;
    private readonly LinkFinder _links;
    private readonly LinkRemovals _removals;
    private readonly TrafficTable _traffic;
    private readonly HostSampler _host;
    private readonly HostCpuTime? _hostCpu;
    private readonly ContainerStateReader _states;
    private readonly PeakReader? _peaks;
    private readonly ParentCgroups? _parents;
    private readonly OomLog? _oomLog;
    private readonly ContainerFilesystems? _filesystems;
    private readonly ConnectionSchedule? _connections;
    private readonly ContainerFlows? _flows;
    private readonly NetfilterSchedule? _netfilter;
    private readonly QdiscSchedule? _qdiscs;
    private readonly FlushSchedule _flushes = new();
    private CycleReport _cycle;
    private long _workNs;
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
        _containers = new SampledContainers(_cgroups, options, counters);
        _selection = new ContainerSelection(_containers, options);
        if (options.Parents) _parents = new ParentCgroups(_cgroups, options.MaxParents, counters);
        var protocols = new Pace(options.ProtocolsInterval, options.Interval);
        _threads = new ReadingThreads(
            new ContainerReader(_containers, _cgroups.Reader, _visitor, _namespaces, protocols, _clock),
            () => new ContainerReader(_containers, _cgroups.CreateReader(), _visitor.ForAnotherThread(), _namespaces, protocols, _clock),
            counters);
        _connections = ConnectionSchedule.Create(_containers, _namespaces, _visitor, mounts, options, roots, counters, loggers.CreateLogger("network"));
        _flows = ContainerFlows.Create(_containers, _namespaces, _visitor, options, roots, counters, loggers.CreateLogger("network"));
        _netfilter = NetfilterSchedule.Create(_namespaces, _visitor, options, roots, counters, loggers.CreateLogger("netfilter"));
        _qdiscs = QdiscSchedule.Create(_containers, _namespaces, _visitor, options, counters);
        _host = new HostSampler(options.Host, options.Interval, roots, _cgroups.Reader.Files, counters, loggers.CreateLogger("host"));
        if (options.Telegraf) _hostCpu = new HostCpuTime(roots, _cgroups.Reader.Files, counters);
        _states = new ContainerStateReader(source, _containers);
        _filesystems = ContainerFilesystems.Create(options.Filesystem, roots, counters, loggers.CreateLogger("filesystem"), ownMemory);
        _demand = new ThreadDemand(options.Threads, Environment.ProcessorCount, options.Interval);
        _threads.SetThreads(_demand.Current);
        _links = new LinkFinder(options, roots, counters, loggers.CreateLogger("network"));
        _removals = new LinkRemovals((int)options.RemovalBufferBytes);
        _traffic = new TrafficTable(_removals, counters);
        _finalCounters = new FinalCounterSearch(
            _containers, _visitor, _namespaces, new FinalCounterLocator(options, roots, counters), _links, _traffic, source);
        _results = new GroupResults(_containers, _namespaces, _finalCounters, source, counters);
        _starts = new StartReporter(options, consumer, _clock);
        var parser = new EventParser(new WatchedFiles(mounts, options), roots, options, counters, _cgroups.BlockLayers);
        _oomLog = OomLog.Open(options.OomVictims, mounts.For("memory") is { IsV2: true }, counters, loggers.CreateLogger("oom"), SystemClock.MonotonicNs());
        var ooms = new OomIntake(parser, new HostMemoryAtOom(roots, _cgroups.Reader.Files, counters), _oomLog, PidNamespace.IsInitial(), consumer);
        _events = new EventIntake(source, consumer, _containers, parser, ooms, _starts, _finalCounters, counters, _flows);
    }

    /// <summary>Time budget for one round of births and veth look-ups; a reading in progress is completed.</summary>
    internal long BetweenCyclesBudgetNs { get; init; } = 20_000_000;

    /// <summary>How often to look for a kernel module that <see cref="ContainerFlows"/> misses, in nanoseconds.</summary>
    internal long ModuleRecheckNs
    {
        init
        {
            if (_flows is not null) _flows.RecheckNs = value;
        }
    }

    /// <summary>When <see cref="EndFlush"/> is due, on the monotonic clock; <see cref="long.MaxValue"/> if it is not.</summary>
    internal long FlushDueNs => _flushes.DueNs;

    /// <summary>When <see cref="LookIfDue"/> is due, on the monotonic clock; <see cref="long.MaxValue"/> if it is not.</summary>
    internal long LookDueNs => _peaks?.DueNs ?? long.MaxValue;

    /// <summary>Whether <see cref="RunBetweenCycles"/> has work left, without a new event: births, veth look-ups.</summary>
    internal bool HasMoreBetweenCycles => _containers.Births > 0 || _finalCounters.HasDue;

    /// <summary>When <see cref="RunBetweenCycles"/> has to search for final counters again, on the monotonic clock; <see cref="long.MaxValue"/> if it has not.</summary>
    internal long FinalCounterSearchDueNs => _finalCounters.ScheduledNs;

    /// <summary>When a pending exit or OOM kill is published even if its data is not complete, on the monotonic clock; <see cref="long.MaxValue"/> if none waits.</summary>
    internal long PendingEventsDueNs => _events.PendingDueNs;

    /// <summary>Readable when interfaces were removed: call <see cref="ReadRemovals"/>. Negative if nothing is reported.</summary>
    internal int RemovalsDescriptor => _removals.Descriptor;

    /// <summary>Of how many network namespaces the traffic is known, for tests.</summary>
    internal int NamespacesCounted => _traffic.Count;

    /// <summary>Reads what was reported of removed interfaces.</summary>
    /// <returns>Whether <see cref="RunBetweenCycles"/> can publish an exit that waited for it.</returns>
    internal bool ReadRemovals() => _finalCounters.ReadRemovals() && _events.HasReady;

    /// <summary>Processes events and the newest list, then reads every container once and hands the samples to the consumer.</summary>
    /// <returns>What the consumer received at the end of the cycle.</returns>
    public CycleReport RunCycle() => RunPart(0, 1)!.Value;

    /// <inheritdoc cref="ContainerSelection.Parts"/>
    internal int Parts() => _hasCycled ? _selection.Parts(_source.Current.Containers.Length) : 1;

    /// <summary>
    /// Runs one part of a cycle: processes events and the newest list, then reads the containers of that part. A container is
    /// always in the same part, by its key, so that it is read once a cycle even if the list changes between two parts.
    /// </summary>
    /// <param name="part">From 0; part 0 begins the cycle, the last part ends it.</param>
    /// <param name="parts">How many there are in this cycle.</param>
    /// <returns>At the end of the cycle, what the consumer received.</returns>
    internal CycleReport? RunPart(int part, int parts)
    {
        long beganNs = SystemClock.MonotonicNs();
        long cpuBeganNs = Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID);
        if (part == 0) _cycle = new CycleReport { TimestampNs = SystemClock.RealtimeNs() };
        _clock.Refresh();
        ContainerList list = ProcessChanges();
        _namespaces.Update(list, _clock.NowNs(), newOnly: part > 0);
        _finalCounters.ForgetLostNamespaces();
        _finalCounters.BeginVisits(BetweenCyclesBudgetNs);
        if (part == 0)
        {
            _consumer.BeginCycle(list);
            _host.BeginIfDue(beganNs);
            _filesystems?.Begin(_containers);
            _flows?.BeginCycle();
        }
        else
        {
            _consumer.BeginBirths(list);
        }

        _selection.SelectPart(part, parts);
        _cgroups.Begin(part == 0, beganNs);
        (int read, int namespaces) = ReadSelected(long.MaxValue);
        if (part == parts - 1) _parents?.Read(list, _consumer);
        if (part == parts - 1 && _host.ReadIfDue() is { } host) _consumer.AcceptHost(host);
        if (part == parts - 1 && _netfilter?.ReadHostIfDue() is { } netfilter) _consumer.AcceptHost(netfilter);
        if (part == parts - 1 && _states.ReadIfNew() is { } states) _consumer.AcceptHost(states);
        long elapsedNs = SystemClock.MonotonicNs() - beganNs;
        _workNs += elapsedNs - _threads.WaitedNs + _threads.FurtherNs;
        _cycle = _cycle with
        {
            Containers = _cycle.Containers + read,
            NetworkNamespaces = _cycle.NetworkNamespaces + namespaces,
            CycleNs = _cycle.CycleNs + elapsedNs,
            CycleCpuNs = _cycle.CycleCpuNs + Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) - cpuBeganNs + _threads.FurtherCpuNs,
            Threads = _threads.Threads,
            HeldFiles = _cgroups.HeldFiles,
            NamespaceDescriptors = _visitor.NamespaceDescriptors,
        };
        if (part == parts - 1)
        {
            EndCycle();
            return _cycle;
        }

        _hasUnflushed = false;
        _consumer.Flush(_flushes.IsEnd(SystemClock.MonotonicNs()));
        return null;
    }

    private void EndCycle()
    {
        _consumer.EndCycle(_cycle);
        _hasUnflushed = false;
        _hasCycled = true;
        long nowNs = SystemClock.MonotonicNs();
        _cgroups.EndCycle(nowNs);
        _peaks?.EndCycle();
        _flows?.EndCycle();
        _flushes.Ended(nowNs);
        _demand.Add(_workNs);
        _workNs = 0;
        if (_demand.Current != _threads.Threads) _threads.SetThreads(_demand.Current);
        _finalCounters.MarkScheduled(nowNs, isCycle: true);
        _finalCounters.Run(nowNs + BetweenCyclesBudgetNs);
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
        foreach (SampledContainer container in _containers.All) _starts.End(container.Container, container);
        _consumer.EndRun();
        EndFlush();
    }

    /// <summary>
    /// Limits the running cycle when the agent stops: from that time on it begins no other group of containers, so that what
    /// was read is still written. From any thread.
    /// </summary>
    /// <param name="monotonicNs">On the monotonic clock.</param>
    public void FinishBy(long monotonicNs) => _threads.StopBy(monotonicNs);

    /// <summary>Closes every descriptor.</summary>
    public void Dispose()
    {
        _threads.Dispose();
        _host.Dispose();
        _filesystems?.Dispose();
        _connections?.Dispose();
        _flows?.Dispose();
        _netfilter?.Dispose();
        _peaks?.Dispose();
        _oomLog?.Dispose();
        _parents?.CloseAll();
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
            _containers.Apply(list, isStart: !_hasCycled, _starts.Begin, OnRemoved);
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
        _selection.SelectNewborn();
        if (ReadSelected(finishByNs).Read > 0) _hasUnflushed = true;
    }

    /// <summary>Reads the selected containers and hands them over.</summary>
    private (int Read, int Namespaces) ReadSelected(long finishByNs)
    {
        int read = 0, namespaces = 0;
        long hostCpuNs = _hostCpu?.Read() ?? 0;
        _connections?.Select(_selection.Indexes.AsSpan(0, _selection.Count));
        _flows?.Select(_selection.Indexes.AsSpan(0, _selection.Count));
        _qdiscs?.Select(_selection.Indexes.AsSpan(0, _selection.Count));
        _threads.Begin(_selection.Indexes, _selection.Count, finishByNs);
        LookIfDue();
        while (_threads.Next() is { } group)
        {
            LookIfDue();
            namespaces += _results.Apply(group);
            foreach (int index in group.Indexes)
            {
                if (_containers[index].HasVanished) continue;
                read++;
                ContainerSample sample = _containers[index].Sample;
                sample.HostCpuNs = hostCpuNs;
                sample.HostCpus = _hostCpu?.Cpus ?? 0;
                sample.NetworkOwnerKey = _namespaces.OwnerOf(index) is >= 0 and int owner ? _namespaces.KeyOf(owner) : 0;
                HandOver(index);
            }
        }

        return (read, namespaces);
    }

    private void OnRemoved(SampledContainer container)
    {
        // The container disappeared without an exit, because it was not watched. A container that a filter now excludes still exists.
        if (container.HasVanished) _starts.End(container.Container, container);
        _peaks?.Close(container.Peaks);
        _flows?.Release(container);
        _finalCounters.OnRemoved(container);
    }

    private void HandOver(int index)
    {
        SampledContainer container = _containers[index];
        container.WasSampled = true;
        if (_peaks is not null) _peaks.Complete(container.Peaks ??= new ContainerPeaks(container.Cgroup), container.Sample);
        _filesystems?.Complete(container);
        _connections?.Complete(container);
        _flows?.Complete(container);
        _netfilter?.Complete(container, index);
        _qdiscs?.Complete(container);
        if (container.Sample.ImpossibleCount is > 0 and int impossible) _counters.Add(AgentCounter.ValuesImpossible, impossible);
        _consumer.Accept(container.Container, container.Sample);
        container.Totals.Apply(container.Sample);
        _hasUnflushed |= _starts.OnSampled(container, _namespaces.IsElsewhere(index));
        if (_namespaces.OwnerOf(index) < 0) _finalCounters.OnReadInHost(container);
    }
}
