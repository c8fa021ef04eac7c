using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Life;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;
using NsCollector.Telemetry;

namespace NsCollector.Discover;

/// <summary>
/// Owns the set of live containers: is told by inotify of cgroups that come and go and by the watch of processes that end,
/// recognises containers by path, finds their init processes and names, and publishes an immutable list whenever something
/// changed. A full walk of the tree now and then finds what could not be told.
/// </summary>
/// <remarks>
/// One thread of its own after <see cref="Start"/>, and one that asks for names. Before that, and without <see cref="Start"/>,
/// <see cref="WalkOnce"/> does all on the calling thread. A walk in which nothing changed allocates nothing.
/// </remarks>
public sealed class ContainerDiscovery : IContainerSource, ICgroupTreeObserver, ICgroupWatchObserver, IDisposable
{
    /// <summary>
    /// The processes of a container that is being made are looked at this long after it was first seen, in milliseconds: the
    /// directory comes first, then helpers of the runtime, then init, within milliseconds or, on a busy host, half a second.
    /// </summary>
    private static readonly int[] LookAfterMs = [0, 1, 2, 4, 8, 15, 30, 60, 120, 250, 500, 1_000, 2_000, 5_000, 10_000];

    /// <summary>A container without any process is looked at this often: on cgroup v1 nothing tells that it has one again.</summary>
    private const long EmptyLookMs = 10_000;

    /// <summary>Where births cannot be told by inotify, walks are as far apart as this at the most.</summary>
    private const long BlindWalkMs = 10_000;

    private const int MinWalkIntervalMs = 200;

    /// <summary>So long the init process of a container that is being made is waited for.</summary>
    private const long HoldForInitMs = 1_000;

    /// <summary>So long a process that is not process 1 of a pid namespace is held to be followed by such a one.</summary>
    private const long HoldForNamespaceInitMs = 100;

    private const int PreferredNice = -15;

    /// <summary>So many buffers of inotify's events are taken before other things have their turn: containers make them as fast as they like.</summary>
    private const int MaxReads = 16;

    /// <summary>How often something that is held back is looked at.</summary>
    private const long HeldLookMs = 20;

    /// <summary>
    /// From one published list to the next at the least: each costs by how many containers there are, not by how many came
    /// or went, and Sample takes none up sooner.
    /// </summary>
    private const long PublishIntervalMs = 20;

    private readonly DiscoverOptions _options;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly InitProcess _initProcess;
    private readonly ContainerNaming _naming;
    private readonly ContainerFilter _filter;
    private readonly ContainerPublication _publication = new();
    private readonly EventQueue _events;
    private readonly IContainerWatch? _watch;
    private readonly ContainerLives? _lives;
    private readonly CgroupWatches? _cgroupWatches;
    private readonly CgroupTree[] _trees;
    private readonly Dictionary<string, ContainerRecord> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<long, ContainerRecord> _byKey = [];
    private readonly List<ContainerRecord> _records = [];
    private readonly List<ContainerRecord> _attended = [];
    private readonly List<ContainerRecord> _toLookAt = [];
    private readonly Dictionary<string, List<(CgroupTree Tree, CgroupNode Node)>> _leftOut = new(StringComparer.Ordinal);
    private readonly UnseenContainers _unseen = new();
    private readonly object _walking = new();
    private readonly WakeSignal _wake = new();
    private readonly Action<ContainerRecord> _decide;
    private readonly Thread _thread;
    private long _nextKey;
    private long _lastWalkMs;
    private long _publishedMs = long.MinValue / 2;
    private bool _walked;
    private bool _isWalking;
    private bool _changed;
    private bool _isNew;
    private bool _mustWalk;
    private bool _disposed;
    private volatile bool _walkRequested;
    private volatile bool _stop;

    /// <summary>Makes a discovery; nothing is walked yet.</summary>
    /// <param name="mounts">Where the cgroup hierarchies are.</param>
    /// <param name="roots">Where the host's procfs and run directory are.</param>
    /// <param name="options">How containers are found, named and chosen.</param>
    /// <param name="counters">Where failures are counted.</param>
    /// <param name="logger">Where it says, seldom, what an administrator should know.</param>
    /// <param name="watch">Tells of ends; null: nothing happens between walks, and no end is told.</param>
    public ContainerDiscovery(
        CgroupMounts mounts, HostRoots roots, DiscoverOptions options, AgentCounters counters, ILogger logger, IContainerWatch? watch = null)
    {
        _options = options;
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _initProcess = new InitProcess(roots, counters);
        _filter = new ContainerFilter(options.Filter);
        _naming = new ContainerNaming(options, roots, _filter.Chooses, _wake, Defect, counters, logger);
        _events = new EventQueue(options.MaxContainers, counters);
        _watch = watch;
        if (watch is not null)
        {
            _lives = new ContainerLives(watch, _byKey, _initProcess, _filter, _events, counters);
            _cgroupWatches = new CgroupWatches(options.MaxWatches, counters);
        }

        var recognisers = new ContainerRecognisers(options);
        _trees = [.. HierarchiesToWalk(mounts).Select(hierarchy => new CgroupTree(hierarchy, options, recognisers, this, counters, _cgroupWatches))];
        _decide = record => Decide(record, NowMs);
        _thread = new Thread(Run) { Name = "discovery", IsBackground = true };
    }

    /// <summary>Set when there is an event to take, or a container that was not there before.</summary>
    public WakeSignal? Changed { get; init; }

    /// <summary>The monotonic clock by which containers grow up and names are looked at again.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    private long NowMs => (long)Time.GetElapsedTime(0).TotalMilliseconds;

    /// <inheritdoc/>
    public ContainerList Current => _publication.Current;

    /// <summary>How many directories are watched for births.</summary>
    internal int Watches => _cgroupWatches?.Count ?? 0;

    /// <summary>
    /// Which hierarchies are walked: on v2 the one there is; else one v1 hierarchy in which every runtime puts its
    /// containers, and beside it the unified one of a hybrid host, where alone rootless containers may stand.
    /// </summary>
    internal static ImmutableArray<CgroupHierarchy> HierarchiesToWalk(CgroupMounts mounts)
    {
        var walked = ImmutableArray.CreateBuilder<CgroupHierarchy>();
        string[] preferred = ["memory", "cpuacct", "cpu", "pids", "blkio", "name=systemd", "freezer", "devices"];
        CgroupHierarchy? v1 = preferred
            .Select(controller => mounts.Hierarchies.FirstOrDefault(h => !h.IsV2 && h.Controllers.Contains(controller)))
            .FirstOrDefault(hierarchy => hierarchy is not null)
            ?? mounts.Hierarchies.FirstOrDefault(hierarchy => !hierarchy.IsV2);
        if (v1 is not null) walked.Add(v1);
        if (mounts.Unified is { } unified) walked.Add(unified);
        return walked.ToImmutable();
    }

    /// <summary>Starts the threads.</summary>
    public void Start()
    {
        _naming.Start();
        _thread.Start();
    }

    /// <summary>Walks now, on the calling thread, and publishes what is found.</summary>
    public void WalkOnce()
    {
        lock (_walking)
        {
            if (!_disposed) Pass(walk: true);
        }
    }

    /// <inheritdoc/>
    public void Acknowledge(long generation) => _publication.Acknowledge(generation);

    /// <inheritdoc/>
    public bool TryTakeEvent([NotNullWhen(true)] out ContainerEvent? happened) => _events.TryTake(out happened);

    /// <inheritdoc/>
    public void SetNetworkEnd(Container container, NetworkEnd? end)
    {
        ArgumentNullException.ThrowIfNull(container);
        _lives?.SetNetworkEnd(container.Key, end);
    }

    /// <inheritdoc/>
    public void RequestWalk()
    {
        if (_walkRequested) return;
        _walkRequested = true;
        _wake.Set();
    }

    /// <summary>Asks for the end. Returns at once.</summary>
    public void RequestStop()
    {
        _stop = true;
        _wake.Set();
    }

    /// <summary>Ends the threads: what has ended by now is told first. <see cref="TryTakeEvent"/> and <see cref="Current"/> still answer.</summary>
    /// <returns>Whether they ended within the time.</returns>
    public bool Stop(TimeSpan timeout)
    {
        RequestStop();
        _naming.Stop();
        return !_thread.IsAlive || _thread.Join(timeout);
    }

    /// <summary>Ends the thread and closes every descriptor, unless a walk hangs. Whoever samples must have ended before.</summary>
    public void Dispose()
    {
        Stop(TimeSpan.FromSeconds(1));
        _naming.Dispose();

        // A walk that hangs in a dead file system must not keep the agent from ending; then the process's end closes them.
        if (!Monitor.TryEnter(_walking)) return;
        try
        {
            if (_disposed) return;
            _disposed = true;
            foreach (ContainerRecord record in _records)
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

    void ICgroupTreeObserver.Appeared(CgroupTree tree, CgroupNode node)
    {
        // Removed and made anew since the last walk: the new directory is met before the old one is missed.
        if (_byPath.TryGetValue(node.Path, out ContainerRecord? record) && record.Nodes.Exists(known => known.Tree == tree)) Gone(record);
        _unseen.Appeared(tree, node.Path, node.Recognised!.Value.Id);
        Add(tree, node);
    }

    void ICgroupTreeObserver.Disappeared(CgroupTree tree, CgroupNode node)
    {
        if (_leftOut.TryGetValue(node.Path, out List<(CgroupTree, CgroupNode)>? waiting) && waiting.Remove((tree, node)) && waiting.Count == 0)
            _leftOut.Remove(node.Path);
        if (_byPath.TryGetValue(node.Path, out ContainerRecord? record) && record.Nodes.Remove((tree, node)) && record.Nodes.Count == 0) Gone(record);
    }

    void ICgroupTreeObserver.CameAndWent(CgroupTree tree, string path, in RecognisedContainer recognised)
    {
        if (!_byPath.ContainsKey(path) && !_leftOut.ContainsKey(path) && MayBeChosen(TrueMaker(recognised, path))) _unseen.Add(tree, path, recognised.Id);
    }

    void ICgroupWatchObserver.Made(CgroupTree tree, CgroupNode parent, ReadOnlySpan<byte> nameWithNul) => tree.TakeIn(parent, nameWithNul);

    void ICgroupWatchObserver.Removed(CgroupTree tree, CgroupNode parent, ReadOnlySpan<byte> nameWithNul) => tree.Forget(parent, nameWithNul);

    void ICgroupWatchObserver.Overflowed()
    {
        _mustWalk = true;
        _log.Warning("inotify overflow", "More cgroups came and went than the kernel's queue holds: the whole tree was walked; raise fs.inotify.max_queued_events");
    }

    /// <summary>The same object as before where nothing of it has changed.</summary>
    internal static ContainerIdentity IdentityOf(ContainerRecord record) =>
        (record.Known ?? KnownIdentity.Nothing).Identify(record.Recognised, record.Identity);

    private void Run()
    {
        // A container of 20 ms is there for little more than a tenth of a second: on a busy host this thread must not queue
        // behind the containers' own. It works for microseconds; where it may not be preferred it stays what it was.
        if (_options.RealTime) Libc.Setpriority(Libc.PRIO_PROCESS, 0, PreferredNice);
        Span<Libc.PollDescriptor> descriptors =
        [
            new() { Descriptor = _wake.Descriptor, Wanted = Libc.POLLIN },
            new() { Descriptor = _cgroupWatches?.Descriptor ?? -1, Wanted = Libc.POLLIN },
            new() { Descriptor = _watch?.Ready.Descriptor ?? -1, Wanted = Libc.POLLIN },
        ];
        long dueMs = NowMs;
        while (true)
        {
            long waitMs = Math.Max(0, dueMs - NowMs);
            if (_wake.Descriptor < 0) waitMs = Math.Min(waitMs, MinWalkIntervalMs);
            Libc.Poll(descriptors, (int)Math.Min(waitMs, int.MaxValue));
            _wake.Drain();
            _watch?.Ready.Drain();
            bool stop = _stop;
            try
            {
                lock (_walking)
                {
                    if (_disposed) return;
                    Pass(walk: false, hurry: stop);
                    dueMs = NextDueMs();
                }
            }
            catch (Exception exception)
            {
                Defect(exception);
                dueMs = NowMs + MinWalkIntervalMs;
            }

            if (stop) return;
        }
    }

    /// <summary>Errors of the host are values; this is a defect, and the containers that are known go on being sampled.</summary>
    private void Defect(Exception exception)
    {
        _counters.Add(AgentCounter.DiscoveryErrors);
        _log.Error("defect", "A defect of the agent in discovery; please report it: " + exception);
    }

    /// <summary>Takes in all that has happened, looks at what is due, and publishes.</summary>
    private void Pass(bool walk, bool hurry = false)
    {
        long nowMs = NowMs;
        _initProcess.LacksDescriptors = false;

        // Ends before births: a container that is made anew under its name finds the old one ended.
        _lives?.Take(nowMs, _toLookAt);
        bool mayBeMore = _cgroupWatches is not null;
        for (int reads = 0; reads < MaxReads && mayBeMore; reads++) mayBeMore = _cgroupWatches!.Read(this);

        // What was made in one hierarchy before it was removed from another was told by now.
        if (!mayBeMore) _counters.Add(AgentCounter.ContainersMissed, _unseen.Take());

        // Only now: a directory that was made anew in the place of a container's is no more taken for that container.
        while (_toLookAt.Count > 0)
        {
            ContainerRecord record = _toLookAt[^1];
            _toLookAt.RemoveAt(_toLookAt.Count - 1);
            LookNow(record);
        }

        TakeIn();
        _naming.TakeTold(_records, nowMs);
        _naming.TakeAnswers(_byKey, nowMs, _decide);
        bool walked = walk || IsWalkDue(nowMs);
        if (walked) Walk();
        Attend(NowMs, hurry, isRefreshed: walked);
        bool hasNew = Publish(atOnce: walk || hurry);
        _publication.CloseRetired();
        if (hasNew || !_events.IsEmpty) Changed?.Set();
    }

    /// <returns>Whether a container is published now that was not before.</returns>
    private bool Publish(bool atOnce)
    {
        long nowMs = NowMs;
        if (!_changed || (!atOnce && nowMs < _publishedMs + PublishIntervalMs)) return false;
        _publication.Publish(_records);
        _publishedMs = nowMs;
        _changed = false;
        bool hasNew = _isNew;
        _isNew = false;
        return hasNew;
    }

    private void Walk()
    {
        _walkRequested = false;
        _mustWalk = false;
        _isWalking = _walked;
        _cgroupWatches?.BeginWalk();
        foreach (CgroupTree tree in _trees) tree.Walk();
        TakeIn();
        _isWalking = false;
        _walked = true;
        long nowMs = NowMs;
        foreach (ContainerRecord record in CollectionsMarshal.AsSpan(_records)) Refresh(record, nowMs, isWalk: true);
        if (_initProcess.LacksDescriptors)
            _log.Warning("descriptors", "No descriptors left for the init processes of all containers: the others have no network counters; raise LimitNOFILE");
        _lastWalkMs = NowMs;
    }

    private bool IsWalkDue(long nowMs) => nowMs >= NextWalkMs();

    private long NextWalkMs()
    {
        long intervalMs = (long)_options.Interval.TotalMilliseconds;

        // Neither requests nor overflows, which a container may cause at will, bring two walks closer together than this.
        if (_mustWalk) return _lastWalkMs + MinWalkIntervalMs;
        bool isBlind = _cgroupWatches is not { Descriptor: >= 0, IsComplete: true };
        if (isBlind) intervalMs = Math.Min(intervalMs, BlindWalkMs);
        if (_walkRequested) intervalMs = Math.Min(intervalMs, isBlind ? MinWalkIntervalMs : BlindWalkMs);
        return _lastWalkMs + intervalMs;
    }

    private long NextDueMs()
    {
        long nowMs = NowMs;
        long dueMs = NextWalkMs();
        if (_changed) dueMs = Math.Min(dueMs, _publishedMs + PublishIntervalMs);
        foreach (ContainerRecord record in CollectionsMarshal.AsSpan(_attended)) dueMs = Math.Min(dueMs, DueMs(record, nowMs));
        return dueMs;
    }

    /// <summary>Whether the filters leave it out, by the names that it has.</summary>
    private static bool IsLeftOut(ContainerRecord record) => record is { Identity: not null, IsIncluded: false };

    /// <summary>Whether the filters let through, or may, one that was never published.</summary>
    private bool MayBeChosen(ContainerRecord record) => record switch
    {
        { Identity: not null } => _lives?.IsLeftOutForLackOfAName(record) ?? false,
        { Known.Name: not null } => _filter.Includes(IdentityOf(record)),
        _ => MayBeChosen(record.Recognised),
    };

    /// <summary>Whether the filters may let a container through of which only its path is known.</summary>
    private bool MayBeChosen(in RecognisedContainer recognised) => ContainerNaming.IsNamedByFiles(recognised.Runtime)
        ? _filter.MayInclude(recognised.Runtime, recognised.Id)
        : _filter.Includes(KnownIdentity.Nothing.Identify(recognised, null));

    /// <summary>When a container that is attended is to be looked at next.</summary>
    private static long DueMs(ContainerRecord record, long nowMs)
    {
        bool isHeld = record.Published is null && !IsLeftOut(record);
        if (isHeld || record.HasEnded || record.Life.EndedMs is not null) return Math.Min(Math.Max(record.NextLookMs, nowMs + 1), nowMs + HeldLookMs);
        return Math.Min(record.NextLookMs, record.IsNameAsked || record.Known?.Name is not null ? long.MaxValue : record.NextNameMs);
    }

    /// <summary>Looks at the containers that need it before the next walk.</summary>
    private void Attend(long nowMs, bool hurry, bool isRefreshed)
    {
        for (int i = _attended.Count - 1; i >= 0; i--)
        {
            ContainerRecord record = _attended[i];
            if (!isRefreshed) Refresh(record, nowMs, isWalk: false);
            bool isTold = _lives?.TryTell(record, nowMs, !hurry && _naming.MayCome(record, nowMs), hurry) ?? true;
            if (isTold && record.GoneSinceMs is not null)
            {
                Drop(record);
                continue;
            }

            bool isSettled = record is { NextLookMs: long.MaxValue, Published: not null, GoneSinceMs: null, Life.EndedMs: null } && (record.Known?.Name ?? record.Recognised.Name) is not null;
            if (!isSettled && !(IsLeftOut(record) && isTold && nowMs - record.YoungSinceMs > LookAfterMs[^1])) continue;
            record.IsAttended = false;
            _attended.RemoveAt(i);
        }
    }

    private void Attended(ContainerRecord record)
    {
        if (record.IsAttended) return;
        record.IsAttended = true;
        _attended.Add(record);
    }

    private void Add(CgroupTree tree, CgroupNode node)
    {
        if (!_byPath.TryGetValue(node.Path, out ContainerRecord? record))
        {
            if (_byPath.Count >= _options.MaxContainers)
            {
                LeaveOut(tree, node);
                return;
            }

            record = new ContainerRecord(++_nextKey, TrueMaker(node.Recognised!.Value, node.Path), node.Path, NowMs) { WasThereAtStart = !_walked };
            _byPath.Add(node.Path, record);
            _byKey.Add(record.Key, record);
            _records.Add(record);
            _lives?.Watch(record);
            if (_isWalking && _cgroupWatches is { Descriptor: >= 0 }) _counters.Add(AgentCounter.ContainersFoundByWalk);
            Attended(record);
        }

        record.Nodes.Add((tree, node));
    }

    /// <summary>
    /// A bare id in a pod's cgroup is containerd's or, through cri-dockerd, Docker's: the paths are alike and only Docker's
    /// state tells.
    /// </summary>
    private RecognisedContainer TrueMaker(RecognisedContainer recognised, string path) =>
        recognised.Runtime == ContainerRuntime.Containerd && recognised.PodUid is not null
            && OciId.Is(path.AsSpan(path.LastIndexOf('/') + 1)) && _naming.IsDockers(recognised.Id)
            ? recognised with { Runtime = ContainerRuntime.Docker }
            : recognised;

    private void LeaveOut(CgroupTree tree, CgroupNode node)
    {
        if (_leftOut.TryGetValue(node.Path, out List<(CgroupTree, CgroupNode)>? waiting))
        {
            waiting.Add((tree, node));
            return;
        }

        _leftOut.Add(node.Path, [(tree, node)]);
        _counters.Add(AgentCounter.ContainersOverLimit);
        _log.Warning("max_containers", $"More than {_options.MaxContainers} containers: the rest is left out; raise discovery.max_containers");
    }

    /// <summary>Containers that found no room before.</summary>
    private void TakeIn()
    {
        while (_leftOut.Count > 0 && _byPath.Count < _options.MaxContainers)
        {
            (string path, List<(CgroupTree Tree, CgroupNode Node)> nodes) = _leftOut.First();
            _leftOut.Remove(path);
            foreach ((CgroupTree tree, CgroupNode node) in nodes) Add(tree, node);
        }
    }

    /// <summary>Its last directory is gone. It is kept until its end was told.</summary>
    private void Gone(ContainerRecord record)
    {
        _byPath.Remove(record.Path);
        record.Nodes.Clear();
        record.GoneSinceMs = NowMs;
        _changed |= record.Published is not null;
        if (_lives is null || !record.Life.HasBegun)
        {
            if (_lives is not null && record is { Published: null, WasThereAtStart: false, Life.Followed: 0 } && MayBeChosen(record))
                _counters.Add(AgentCounter.ContainersMissed);

            // With lack of memory to be told of it waits for its name.
            if (_lives?.TryTell(record, NowMs, _naming.MayCome(record, NowMs)) ?? true) Drop(record);
            else Attended(record);
            return;
        }

        Attended(record);
    }

    private void Drop(ContainerRecord record)
    {
        _lives?.Unwatch(record);
        if (record.IsAttended && _attended.Remove(record)) record.IsAttended = false;
        _naming.Forget(record);
        _byKey.Remove(record.Key);
        _records.Remove(record);
        _changed |= record.Published is not null;
        if (record.Init is { } init) _publication.Retire(init, _changed);
        record.Init = null;
    }

    /// <summary>Looks at one container again: does its init process live, is there a better one, does its name hold?</summary>
    private void Refresh(ContainerRecord record, long nowMs, bool isWalk)
    {
        if (record.GoneSinceMs is null) LookAtProcesses(record, nowMs, isWalk);
        _naming.Ask(record, nowMs);
        Decide(record, nowMs);
    }

    private void LookAtProcesses(ContainerRecord record, long nowMs, bool isWalk)
    {
        if (!isWalk && nowMs < record.NextLookMs) return;
        bool isYoung = record.Looks < LookAfterMs.Length;
        while (record.Looks < LookAfterMs.Length && nowMs >= record.YoungSinceMs + LookAfterMs[record.Looks]) record.Looks++;

        record.MustLook = false;
        ProcessDirectory? before = record.Init;
        bool isAlive = before is not null && InitProcess.IsAlive(before);
        if (!isAlive || (isYoung && !record.InitIsNamespaceInit)) FindInit(record);
        if (!isYoung && record.Init is not null && record.Init != before)
        {
            // Started anew in its cgroup: the first process seen may be a helper again.
            record.YoungSinceMs = nowMs;
            record.Looks = 0;
        }

        bool isCertain = record.Init is not null && record.InitIsNamespaceInit;
        record.NextLookMs = record.MustLook ? nowMs + HeldLookMs
            : isCertain ? long.MaxValue
            : record.Looks < LookAfterMs.Length ? record.YoungSinceMs + LookAfterMs[record.Looks]
            : record.Init is not null ? long.MaxValue
            : nowMs + EmptyLookMs;
        if (record.NextLookMs != long.MaxValue) Attended(record);
    }

    /// <summary>Something was told of its processes.</summary>
    private void LookNow(ContainerRecord record)
    {
        if (record.GoneSinceMs is not null) return;
        Attended(record);
        FindInit(record);
        if (record.Init is null || !record.InitIsNamespaceInit || record.MustLook) record.NextLookMs = Math.Min(record.NextLookMs, NowMs + HeldLookMs);
    }

    private void FindInit(ContainerRecord record)
    {
        ProcessDirectory? found = null;
        bool isNamespaceInit = false;
        foreach ((CgroupTree tree, CgroupNode node) in record.Nodes)
        {
            if (_initProcess.Find(tree, node, out isNamespaceInit) is not { } candidate) continue;
            found = candidate;
            break;
        }

        if (found is not null && record.Init is { } known && known.Pid == found.Pid && known.StartedAtNs == found.StartedAtNs && InitProcess.IsAlive(known))
        {
            found.Close();
            if (record.InitIsNamespaceInit == isNamespaceInit)
            {
                _lives?.LookAgain(record);
                return;
            }

            record.InitIsNamespaceInit = isNamespaceInit;
            _lives?.Follow(record);
            return;
        }

        record.InitIsNamespaceInit = isNamespaceInit;
        if (found is null && record.Init is null) return;

        // Not found for lack of descriptors does not mean that it left the cgroup.
        if (found is null && _initProcess.LacksDescriptors && InitProcess.IsAlive(record.Init!)) return;
        _changed |= record.Published is not null;
        if (record.Init is { } before) _publication.Retire(before, _changed);
        record.Init = found;
        _lives?.Follow(record);
    }

    /// <summary>Whether it is too early to publish a container, which is being made.</summary>
    private bool IsHeld(ContainerRecord record, long nowMs)
    {
        if (record.Identity is not null) return false;
        if (_naming.MayCome(record, nowMs) && (_naming.IsRunning || _filter.Chooses)) return true;
        if (!_naming.IsRunning || record.WasThereAtStart) return false;
        long ageMs = nowMs - record.YoungSinceMs;

        // Sampled with a helper of the runtime it would have no network, until the next cycle.
        if (record.Init is null || record.Life.MainIsHelper) return ageMs < HoldForInitMs;
        return !record.InitIsNamespaceInit && ageMs < HoldForNamespaceInitMs;
    }

    /// <summary>Puts its names together, asks the filters, and makes what is published of it.</summary>
    private void Decide(ContainerRecord record, long nowMs)
    {
        if (IsHeld(record, nowMs)) return;
        ContainerIdentity identity = IdentityOf(record);
        if (ReferenceEquals(identity, record.Identity))
        {
            if (record.Published is null ? !record.IsIncluded : ReferenceEquals(record.Published.Init, record.Init)) return;
        }
        else
        {
            record.Identity = identity;
            record.IsIncluded = _filter.Includes(identity);
            if (record.IsIncluded) _lives?.Watch(record);
            else _lives?.Unwatch(record);
        }

        if (record.Published is null && record.IsIncluded) _isNew = true;
        _changed |= record.Published is not null || record.IsIncluded;
        record.Published = record.IsIncluded ? new Container(record.Key, identity, record.Path, record.Init, record.Published?.IdTag) : null;
    }
}
