using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Discover.Identify.States;
using NsCollector.Discover.Life;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Track;

/// <summary>
/// Owns the set of live containers: learns of cgroups that come and go by inotify and of processes that exit by the watch,
/// recognises containers by path, finds their init processes and names, and publishes an immutable list whenever something
/// has changed. An occasional walk of the whole tree finds what nothing reported.
/// </summary>
/// <remarks>
/// After <see cref="Start"/> it runs on a thread of its own, with another one that resolves names. Before that, and without
/// <see cref="Start"/>, <see cref="WalkOnce"/> does everything on the calling thread. A walk that finds no change allocates
/// nothing.
/// </remarks>
internal sealed class ContainerDiscovery : IContainerSource, ICgroupWatchObserver, IDisposable
{
    /// <summary>How many buffers of inotify events are read in a row: containers can cause events as fast as they like.</summary>
    private const int MaxReads = 16;

    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly InitProcess _initProcess;
    private readonly NameTracker _names;
    private readonly ContainerPublication _publication = new();
    private readonly PublicationRule _rule;
    private readonly EventQueue _events;
    private readonly LifeTracker? _lives;
    private readonly InitTracker _inits;
    private readonly CgroupWatches? _cgroupWatches;
    private readonly CgroupTree[] _trees;
    private readonly ContainerRecords _records;
    private readonly Admission _admission;
    private readonly Action<WaitingContainer> _admit;
    private readonly PendingContainers _pending = new();
    private readonly List<ContainerRecord> _toPoll = [];
    private readonly ContainerMembership _membership;
    private readonly WalkSchedule _walks;
    private readonly object _walking = new();
    private readonly WakeSignal _wake = new();
    private readonly Action<ContainerRecord> _decide;
    private readonly DiscoveryThread _thread;
    private readonly CensusTracker _census;
    private bool _disposed;

    /// <summary>Makes a discovery; nothing is walked yet.</summary>
    /// <param name="mounts">Where the cgroup hierarchies are mounted.</param>
    /// <param name="roots">Where the host's procfs and run directory are.</param>
    /// <param name="options">How containers are found, named and filtered.</param>
    /// <param name="counters">Counts failures by kind.</param>
    /// <param name="logger">Receives rate-limited warnings for the administrator.</param>
    /// <param name="watch">Reports exits; null: nothing happens between walks, and no exit is published.</param>
    public ContainerDiscovery(
        CgroupMounts mounts, HostRoots roots, DiscoverOptions options, AgentCounters counters, ILogger logger, IContainerWatch? watch = null)
    {
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _initProcess = new InitProcess(roots, options.MaxInitCandidates, counters);
        _records = new ContainerRecords(options.MaxContainers);
        var filter = new ContainerFilter(options.Filter);
        var processes = new CgroupProcesses(roots);
        _names = new NameTracker(options, roots, filter.HasGlobs, processes, _wake, ReportDefect, counters, logger);
        var states = new CensusContext(options, counters, _log);
        var census = new StateCensus(_names.CreateCensuses(states), ReportDefect);
        _admission = new Admission(options, _records, processes, _names, record => _membership!.Evict(record), counters, _log);
        _census = new CensusTracker(options.ContainerStates, _records, _admission, census, states, isOnThread: watch is not null);
        _events = new EventQueue(options.MaxContainers, counters);
        if (watch is not null)
        {
            _lives = new LifeTracker(watch, _records.ByKey, _initProcess, filter, _events, counters);
            _cgroupWatches = new CgroupWatches(options.MaxWatches, counters);
        }

        _inits = new InitTracker(_initProcess, _lives, _publication, _pending);
        _rule = new PublicationRule(filter, _names, _lives, _publication);
        _membership = new ContainerMembership
        {
            Records = _records, Admission = _admission, Names = _names, Rule = _rule, Publication = _publication, Pending = _pending, Lives = _lives, Watches = _cgroupWatches,
            Counters = counters, Now = () => NowMs,
        };
        _admit = _membership.Admit;
        _walks = new WalkSchedule((long)options.Interval.TotalMilliseconds, _cgroupWatches);
        var recognisers = new ContainerRecognisers(options, SystemdRoot.Find(roots));
        _trees = [.. WalkedHierarchies.Choose(mounts, options.SystemdServices).Select(hierarchy => new CgroupTree(hierarchy, options, recognisers, _membership, counters, _cgroupWatches))];
        _decide = record => _rule.Decide(record, NowMs);
        _thread = new DiscoveryThread(_wake, _cgroupWatches, watch, options.RealTime, () => NowMs, ProcessOnThread);
    }

    /// <summary>Set when there is an event to dequeue, or a container that was not published before.</summary>
    public WakeSignal? Changed { get; init; }

    /// <summary>The monotonic clock for all intervals of discovery.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    private long NowMs => (long)Time.GetElapsedTime(0).TotalMilliseconds;

    /// <inheritdoc/>
    public ContainerList Current => _publication.Current;

    /// <inheritdoc/>
    public ContainerCensus? Census => _census.Current;

    /// <inheritdoc cref="Identify.ContainerNames.Daemons"/>
    internal HostDaemons Daemons => _names.Daemons;

    /// <summary>How many directories are watched for births.</summary>
    internal int Watches => _cgroupWatches?.Count ?? 0;

    /// <summary>Starts the threads.</summary>
    public void Start()
    {
        _names.Start();
        _census.Start();
        _thread.Start();
    }

    /// <summary>Walks now, on the calling thread, and publishes what is found.</summary>
    public void WalkOnce()
    {
        lock (_walking)
        {
            if (!_disposed) ProcessPending(walk: true);
        }
    }

    /// <inheritdoc/>
    public void Acknowledge(long generation) => _publication.Acknowledge(generation);

    /// <inheritdoc/>
    public bool TryDequeueEvent([NotNullWhen(true)] out ContainerEvent? happened) => _events.TryDequeue(out happened);

    /// <inheritdoc/>
    public void SetFinalCounterSource(Container container, FinalCounterSource? source)
    {
        ArgumentNullException.ThrowIfNull(container);
        _lives?.SetFinalCounterSource(container.Key, source);
    }

    /// <inheritdoc/>
    public void RequestWalk()
    {
        if (_walks.TryRequest()) _wake.Set();
    }

    /// <summary>Asks the threads to end. Returns at once.</summary>
    public void RequestStop() => _thread.RequestStop();

    /// <summary>
    /// Ends the threads. Exits that have happened are published first; <see cref="TryDequeueEvent"/> and <see cref="Current"/>
    /// still answer afterwards.
    /// </summary>
    /// <returns>Whether they ended within the time.</returns>
    public bool Stop(TimeSpan timeout)
    {
        RequestStop();
        _names.Stop();
        return _thread.TryJoin(timeout);
    }

    /// <summary>Ends the threads and closes every descriptor, unless a walk hangs. Sampling must have ended before.</summary>
    public void Dispose()
    {
        Stop(TimeSpan.FromSeconds(1));
        _names.Dispose();
        _census.Dispose();

        // A walk that hangs in a dead file system must not keep the agent from ending. Then the kernel closes them at exit.
        if (!Monitor.TryEnter(_walking)) return;
        try
        {
            if (_disposed) return;
            _disposed = true;
            foreach (ContainerRecord record in _records.All)
            {
                _lives?.Unwatch(record);
                record.Init?.Close();
            }

            _publication.CloseAll();
            _cgroupWatches?.Dispose();
            _wake.Dispose();
        }
        finally
        {
            Monitor.Exit(_walking);
        }
    }

    void ICgroupWatchObserver.Created(CgroupTree tree, CgroupNode parent, ReadOnlySpan<byte> nameWithNul) => tree.AddCreated(parent, nameWithNul);

    void ICgroupWatchObserver.Removed(CgroupTree tree, CgroupNode parent, ReadOnlySpan<byte> nameWithNul) => tree.RemoveDeleted(parent, nameWithNul);

    void ICgroupWatchObserver.Overflowed()
    {
        _walks.NoteOverflow();
        _log.Warning("inotify overflow", "More cgroups came and went than the kernel's inotify queue holds, so the whole tree was walked. Raise fs.inotify.max_queued_events.");
    }

    /// <summary>Processes what is pending, on the discovery thread.</summary>
    /// <returns>When it is to be called again, in milliseconds of the monotonic clock; null: never.</returns>
    private long? ProcessOnThread(bool hurry)
    {
        try
        {
            lock (_walking)
            {
                if (_disposed) return null;
                ProcessPending(walk: false, hurry);
                long nowMs = NowMs;
                long namesMs = _names.DueInMs is not long.MaxValue and var inMs ? nowMs + inMs : long.MaxValue;
                namesMs = Math.Min(namesMs, _census.DueMs);
                return Math.Min(Math.Min(Math.Min(_walks.DueMs, _publication.DueMs), Math.Min(_pending.DueMs(nowMs), _admission.DueMs)), namesMs);
            }
        }
        catch (Exception exception)
        {
            ReportDefect(exception);
            return NowMs + WalkSchedule.MinIntervalMs;
        }
    }

    /// <summary>Errors of the host are values, so this is a defect of the agent. Known containers continue to be sampled.</summary>
    private void ReportDefect(Exception exception)
    {
        _counters.Add(AgentCounter.DiscoveryErrors);
        _log.Error("defect", "Discovery failed because of a defect in the agent. Please report it: " + exception);
    }

    /// <summary>Processes everything that was reported, polls what is due, and publishes.</summary>
    private void ProcessPending(bool walk, bool hurry = false)
    {
        long nowMs = NowMs;
        _initProcess.IsOutOfDescriptors = false;

        // Exits before births: a container that is created again under its name finds the old one ended.
        _lives?.ProcessReports(nowMs, _toPoll);
        bool mayBeMore = _cgroupWatches is not null;
        for (int reads = 0; reads < MaxReads && mayBeMore; reads++) mayBeMore = _cgroupWatches!.Read(this);

        // What was created in one hierarchy before it was removed from another is known by now.
        if (!mayBeMore) _membership.CountUnseen();

        // Only now: a directory that replaced a container's is no longer mistaken for that container.
        while (_toPoll.Count > 0)
        {
            ContainerRecord record = _toPoll[^1];
            _toPoll.RemoveAt(_toPoll.Count - 1);

            // A birth may have evicted it meanwhile.
            if (_records.ByKey.ContainsKey(record.Key)) _inits.PollNow(record, NowMs);
        }

        _admission.Poll(NowMs, isWalk: false, _admit);
        _names.RequestChanged(_records.All, nowMs);
        _names.ApplyAnswers(_records.ByKey, nowMs, _decide);
        bool walked = walk || nowMs >= _walks.DueMs;
        if (walked) Walk();
        if (walk && !_names.IsRunning)
        {
            _names.AwaitInside();
            _names.ApplyAnswers(_records.ByKey, NowMs, _decide);
        }

        PollPending(NowMs, hurry, isRefreshed: walked);
        _census.Poll(NowMs);
        bool hasNew = _publication.TryPublish(_records.All, NowMs, atOnce: walk || hurry);
        _publication.CloseRetired();
        if (hasNew || !_events.IsEmpty) Changed?.Set();
    }

    private void Walk()
    {
        _walks.BeginWalk();
        _membership.BeginWalk();
        _cgroupWatches?.BeginWalk();
        _admission.BeginWalk();
        foreach (CgroupTree tree in _trees) tree.Walk();
        _admission.Poll(NowMs, isWalk: true, _admit);
        _membership.EndWalk();
        long nowMs = NowMs;
        foreach (ContainerRecord record in CollectionsMarshal.AsSpan(_records.All)) Refresh(record, nowMs, isWalk: true);
        if (_initProcess.IsOutOfDescriptors)
            _log.Warning("descriptors", "No file descriptors are left for the init processes of all containers, so some have no network counters. Raise LimitNOFILE.");
        _walks.EndWalk(NowMs);
    }

    /// <summary>Polls the containers that need it before the next walk.</summary>
    private void PollPending(long nowMs, bool hurry, bool isRefreshed)
    {
        for (int i = _pending.Count - 1; i >= 0; i--)
        {
            ContainerRecord record = _pending[i];
            if (!isRefreshed) Refresh(record, nowMs, isWalk: false);
            bool isPublished = _lives?.TryPublishEnd(record, nowMs, !hurry && _names.MayCome(record, nowMs), hurry) ?? true;
            if (isPublished && record.GoneSinceMs is not null)
            {
                _membership.Drop(record);
                continue;
            }

            bool isSettled = record is { NextPollMs: long.MaxValue, IsStateAwaited: false, Published: not null, GoneSinceMs: null, Life.EndedMs: null } && (record.Known?.Name ?? record.Recognised.Name) is not null;
            bool isExcludedForGood = record.IsExcluded && isPublished && nowMs - record.YoungSinceMs > InitTracker.YoungMs;
            if (isSettled || isExcludedForGood) _pending.RemoveAt(i);
        }
    }

    /// <summary>Checks a container again: its init process, its names, and whether it is published.</summary>
    private void Refresh(ContainerRecord record, long nowMs, bool isWalk)
    {
        if (record.GoneSinceMs is null) _inits.Poll(record, nowMs, isWalk);
        _names.Request(record, nowMs);
        _rule.Decide(record, nowMs);
    }
}
