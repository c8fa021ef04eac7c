using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Discover;

/// <summary>
/// Owns the set of live containers: walks the cgroup tree, recognises them by path, finds their init processes and names,
/// and publishes an immutable list whenever something changed. No runtime's daemon is asked, so none can hold it up.
/// </summary>
/// <remarks>
/// One thread of its own after <see cref="Start"/>. A walk in which nothing changed allocates nothing, but for podman's
/// containers that no listing names: their bundle's path is put together once a minute.
/// </remarks>
public sealed class ContainerDiscovery : IContainerSource, ICgroupTreeObserver, IDisposable
{
    /// <summary>A container that is being made is asked about again this long after it was first seen, in milliseconds.</summary>
    private static readonly int[] YoungAfterMs = [100, 500, 2_000, 10_000];

    private const long NameIntervalMs = 60_000;
    private const int MinWalkIntervalMs = 200;

    /// <summary>So many of the checks of a young container wait for its name, two seconds, where a filter may need it.</summary>
    private const int ChecksForName = 3;

    private readonly DiscoverOptions _options;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly InitProcess _initProcess;
    private readonly ContainerNames _names;
    private readonly ContainerFilter _filter;
    private readonly CgroupTree[] _trees;
    private readonly Dictionary<string, ContainerRecord> _byPath = new(StringComparer.Ordinal);
    private readonly List<ContainerRecord> _records = [];
    private readonly Dictionary<string, List<(CgroupTree Tree, CgroupNode Node)>> _leftOut = new(StringComparer.Ordinal);
    private readonly Queue<(long Generation, ProcessDirectory Process)> _retired = new();
    private readonly object _walking = new();
    private readonly object _gate = new();
    private readonly Thread _thread;
    private ContainerList _current = ContainerList.Empty;
    private long _acknowledged;
    private long _nextKey;
    private long _nextYoungMs = long.MaxValue;
    private bool _walked;
    private bool _changed;
    private bool _disposed;
    private bool _walkRequested;
    private bool _stop;

    /// <summary>Makes a discovery; nothing is walked yet.</summary>
    /// <param name="mounts">Where the cgroup hierarchies are.</param>
    /// <param name="roots">Where the host's procfs and run directory are.</param>
    /// <param name="options">How containers are found, named and chosen.</param>
    /// <param name="counters">Where failures are counted.</param>
    /// <param name="logger">Where it says, seldom, what an administrator should know.</param>
    public ContainerDiscovery(CgroupMounts mounts, HostRoots roots, DiscoverOptions options, AgentCounters counters, ILogger logger)
    {
        _options = options;
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _initProcess = new InitProcess(roots, counters);
        _names = new ContainerNames(options, roots, counters, logger);
        _filter = new ContainerFilter(options.Filter);
        var recognisers = new ContainerRecognisers(options);
        _trees = [.. HierarchiesToWalk(mounts).Select(hierarchy => new CgroupTree(hierarchy, options, recognisers, this, counters))];
        _thread = new Thread(Run) { Name = "discovery", IsBackground = true };
    }

    /// <summary>The monotonic clock by which containers grow up and names are looked at again.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    private long NowMs => (long)Time.GetElapsedTime(0).TotalMilliseconds;

    /// <inheritdoc/>
    public ContainerList Current => Volatile.Read(ref _current);

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

    /// <summary>Starts the thread that walks at <see cref="DiscoverOptions.Interval"/>.</summary>
    public void Start() => _thread.Start();

    /// <summary>Walks now, on the calling thread, and publishes what is found.</summary>
    public void WalkOnce()
    {
        lock (_walking)
        {
            if (_disposed) return;
            _initProcess.LacksDescriptors = false;
            foreach (CgroupTree tree in _trees) tree.Walk();
            TakeIn();
            long nowMs = NowMs;
            long nextYoungMs = long.MaxValue;
            foreach (ContainerRecord record in CollectionsMarshal.AsSpan(_records))
            {
                Refresh(record, nowMs);
                if (record.YoungChecks < YoungAfterMs.Length) nextYoungMs = Math.Min(nextYoungMs, record.YoungSinceMs + YoungAfterMs[record.YoungChecks]);
            }

            if (_initProcess.LacksDescriptors)
                _log.Warning("descriptors", "No descriptors left for the init processes of all containers: the others have no network counters; raise LimitNOFILE");
            Volatile.Write(ref _nextYoungMs, nextYoungMs);
            _walked = true;
            Publish();
            CloseRetired();
        }
    }

    /// <inheritdoc/>
    public void Acknowledge(long generation) => Interlocked.Exchange(ref _acknowledged, generation);

    /// <inheritdoc/>
    public void RequestWalk()
    {
        lock (_gate)
        {
            if (_walkRequested) return;
            _walkRequested = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends the thread and closes every descriptor, unless a walk hangs. Whoever samples must have ended before.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stop = true;
            Monitor.Pulse(_gate);
        }

        if (_thread.IsAlive) _thread.Join(TimeSpan.FromSeconds(1));

        // A walk that hangs in a dead file system must not keep the agent from ending; then the process's end closes them.
        if (!Monitor.TryEnter(_walking)) return;
        try
        {
            _disposed = true;
            foreach (ContainerRecord record in _records) record.Init?.Close();
            while (_retired.TryDequeue(out (long, ProcessDirectory Process) retired)) retired.Process.Close();
        }
        finally
        {
            Monitor.Exit(_walking);
        }
    }

    void ICgroupTreeObserver.Appeared(CgroupTree tree, CgroupNode node)
    {
        // Removed and made anew since the last walk: the new directory is met before the old one is missed.
        if (_byPath.TryGetValue(node.Path, out ContainerRecord? record) && record.Nodes.Exists(known => known.Tree == tree)) End(record);
        Add(tree, node);
    }

    void ICgroupTreeObserver.Disappeared(CgroupTree tree, CgroupNode node)
    {
        if (_leftOut.TryGetValue(node.Path, out List<(CgroupTree, CgroupNode)>? waiting) && waiting.Remove((tree, node)) && waiting.Count == 0)
            _leftOut.Remove(node.Path);
        if (_byPath.TryGetValue(node.Path, out ContainerRecord? record) && record.Nodes.Remove((tree, node)) && record.Nodes.Count == 0) End(record);
    }

    private void Add(CgroupTree tree, CgroupNode node)
    {
        if (!_byPath.TryGetValue(node.Path, out ContainerRecord? record))
        {
            if (_records.Count >= _options.MaxContainers)
            {
                LeaveOut(tree, node);
                return;
            }

            record = new ContainerRecord(++_nextKey, TrueMaker(node.Recognised!.Value, node.Path), node.Path, NowMs) { WasThereAtStart = !_walked };
            _byPath.Add(node.Path, record);
            _records.Add(record);
            _changed = true;
        }

        record.Nodes.Add((tree, node));
    }

    /// <summary>
    /// A bare id in a pod's cgroup is containerd's or, through cri-dockerd, Docker's: the paths are alike and only Docker's
    /// state tells.
    /// </summary>
    private RecognisedContainer TrueMaker(RecognisedContainer recognised, string path) =>
        recognised.Runtime == ContainerRuntime.Containerd && recognised.PodUid is not null
            && OciId.Is(path.AsSpan(path.LastIndexOf('/') + 1)) && _names.IsDockers(recognised.Id)
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

    private void End(ContainerRecord record)
    {
        _byPath.Remove(record.Path);
        _records.Remove(record);
        Retire(record.Init);
        _changed = true;
    }

    private void Run()
    {
        Libc.NameThread("discovery");
        long nextWalkMs = NowMs + (long)_options.Interval.TotalMilliseconds;
        long lastWalkMs = 0;
        while (true)
        {
            lock (_gate)
            {
                while (!_stop)
                {
                    long nowMs = NowMs;
                    // Neither requests nor births, which a container may cause at will, bring two walks closer together than this.
                    long soonestMs = _walkRequested ? 0 : Volatile.Read(ref _nextYoungMs);
                    long dueMs = Math.Min(nextWalkMs, Math.Max(soonestMs, lastWalkMs + MinWalkIntervalMs));
                    if (dueMs <= nowMs) break;
                    Monitor.Wait(_gate, (int)Math.Min(dueMs - nowMs, int.MaxValue));
                }

                if (_stop) return;
                _walkRequested = false;
            }

            lastWalkMs = NowMs;
            try
            {
                WalkOnce();
            }
            catch (Exception exception)
            {
                // Errors of the host are values; this is a defect, and the containers that are known go on being sampled.
                _counters.Add(AgentCounter.DiscoveryErrors);
                _log.Error("defect", "A defect of the agent in discovery; please report it: " + exception);
            }

            long interval = (long)_options.Interval.TotalMilliseconds;
            if (nextWalkMs <= NowMs) nextWalkMs = NowMs + interval;
        }
    }

    /// <summary>Containers that found no room before.</summary>
    private void TakeIn()
    {
        while (_leftOut.Count > 0 && _records.Count < _options.MaxContainers)
        {
            (string path, List<(CgroupTree Tree, CgroupNode Node)> nodes) = _leftOut.First();
            _leftOut.Remove(path);
            foreach ((CgroupTree tree, CgroupNode node) in nodes) Add(tree, node);
        }
    }

    /// <summary>Looks at one container again: does its init process live, is there a better one, does its name hold?</summary>
    private void Refresh(ContainerRecord record, long nowMs)
    {
        bool young = record.YoungChecks < YoungAfterMs.Length;
        bool youngCheck = young && nowMs >= record.YoungSinceMs + YoungAfterMs[record.YoungChecks];
        while (record.YoungChecks < YoungAfterMs.Length && nowMs >= record.YoungSinceMs + YoungAfterMs[record.YoungChecks]) record.YoungChecks++;

        ProcessDirectory? before = record.Init;
        bool alive = before is not null && InitProcess.IsAlive(before);
        if (!alive || (young && !record.InitIsNamespaceInit)) FindInit(record);
        if (!young && record.Init is not null && record.Init != before)
        {
            // Started anew in its cgroup: the first process seen may be a helper again.
            record.YoungSinceMs = nowMs;
            record.YoungChecks = 0;
        }

        bool unnamed = record.Known?.Name is null;
        if (record.Known is null || nowMs >= record.NextNameMs || (unnamed && youngCheck))
        {
            record.Known = _names.Resolve(record.Recognised.Runtime, record.Recognised.Id, record.Path, record.Known);
            record.NextNameMs = nowMs + NameIntervalMs;
        }

        // Published by its id only to be taken back when its name is known, it would leave a stray series behind.
        bool mayBeNamedYet = record is { Identity: null, Known.Name: null, WasThereAtStart: false } && record.YoungChecks < ChecksForName
            && record.Recognised.Runtime is ContainerRuntime.Docker or ContainerRuntime.Podman;
        if (mayBeNamedYet && _filter.Chooses) return;

        ContainerIdentity identity = IdentityOf(record);
        if (ReferenceEquals(identity, record.Identity) && (record.Published is null ? !record.IsIncluded : ReferenceEquals(record.Published.Init, record.Init))) return;
        if (!ReferenceEquals(identity, record.Identity))
        {
            record.Identity = identity;
            record.IsIncluded = _filter.Includes(identity);
        }

        record.Published = record.IsIncluded ? new Container(record.Key, identity, record.Path, record.Init) : null;
        _changed = true;
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

        record.InitIsNamespaceInit = isNamespaceInit;
        if (found is not null && record.Init is { } known && known.Pid == found.Pid && known.StartedAtNs == found.StartedAtNs && InitProcess.IsAlive(known))
        {
            found.Close();
            return;
        }

        if (found is null && record.Init is null) return;

        // Not found for lack of descriptors does not mean that it left the cgroup.
        if (found is null && _initProcess.LacksDescriptors && InitProcess.IsAlive(record.Init!)) return;
        Retire(record.Init);
        record.Init = found;
    }

    /// <summary>The same object as before where nothing of it has changed.</summary>
    private static ContainerIdentity IdentityOf(ContainerRecord record)
    {
        RecognisedContainer recognised = record.Recognised;
        string? name = record.Known?.Name ?? recognised.Name;
        string? image = record.Known?.Image;
        return record.Identity is { } before && before.Name == name && before.Image == image
            ? before
            : new ContainerIdentity(recognised.Runtime, recognised.Id, name, image, PodUid: recognised.PodUid);
    }

    private void Publish()
    {
        if (!_changed) return;
        _changed = false;
        List<ContainerRecord> published = WithoutDoubles();
        MarkCollisions(published);
        ImmutableArray<Container>.Builder containers = ImmutableArray.CreateBuilder<Container>(published.Count);
        foreach (ContainerRecord record in published) containers.Add(record.Published!);

        Volatile.Write(ref _current, new ContainerList(_current.Generation + 1, containers.DrainToImmutable()));
    }

    /// <summary>
    /// What is published, but of cgroups that carry the same OCI id only the nearest to the root, and of those beside each
    /// other the scope. CRI-O makes an empty <c>crio-ID</c> beside a sandbox's <c>crio-ID.scope</c>; and a container to which
    /// cgroups were delegated may name one after another container, and must not take its place or change its tags.
    /// </summary>
    private List<ContainerRecord> WithoutDoubles()
    {
        var published = new List<ContainerRecord>(_records.Count);
        var byId = new Dictionary<(ContainerRuntime, string), ContainerRecord>(_records.Count);
        foreach (ContainerRecord record in _records)
        {
            if (record.Published is null) continue;
            if (!OciId.Is(record.Recognised.Id))
            {
                published.Add(record);
                continue;
            }

            ref ContainerRecord? known = ref CollectionsMarshal.GetValueRefOrAddDefault(byId, (record.Recognised.Runtime, record.Recognised.Id), out _);
            if (known is null || IsNearer(record.Path, known.Path)) known = record;
        }

        published.AddRange(byId.Values);
        published.Sort((one, other) => one.Key.CompareTo(other.Key));
        return published;

        static bool IsNearer(string path, string other)
        {
            int depth = path.AsSpan().Count('/').CompareTo(other.AsSpan().Count('/'));
            if (depth != 0) return depth < 0;
            bool isScope = path.EndsWith(".scope", StringComparison.Ordinal);
            return isScope != other.EndsWith(".scope", StringComparison.Ordinal) ? isScope : string.CompareOrdinal(path, other) < 0;
        }
    }

    /// <summary>
    /// Two live containers never share a series: where their tags would be the same, each carries its short id, and where
    /// that is the same too (two nested hosts may each have an LXC container of one name), its cgroup path.
    /// </summary>
    private void MarkCollisions(List<ContainerRecord> records)
    {
        var byTags = new Dictionary<(ContainerRuntime, string, string?, string?), int>(records.Count);
        var byId = new Dictionary<(ContainerRuntime, string, string?, string?, string), int>();
        foreach (ContainerRecord record in records)
        {
            if (record.Published is { Identity: var identity })
                CollectionsMarshal.GetValueRefOrAddDefault(byTags, (identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod), out _)++;
        }

        foreach (ContainerRecord record in records)
        {
            if (record.Published is { Identity: var identity } && byTags[(identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod)] > 1)
                CollectionsMarshal.GetValueRefOrAddDefault(byId, (identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod, identity.ShortId), out _)++;
        }

        foreach (ContainerRecord record in records)
        {
            if (record.Published is not { Identity: var identity } container) continue;
            byId.TryGetValue((identity.Runtime, identity.DisplayName, identity.Namespace, identity.Pod, identity.ShortId), out int alike);
            string? idTag = alike switch { 0 => null, 1 => identity.ShortId, _ => container.CgroupPath };
            if (container.IdTag != idTag) record.Published = container with { IdTag = idTag };
        }
    }

    /// <summary>The descriptor is closed when Sample has let go of every list that holds it: the ones up to the next that is published.</summary>
    private void Retire(ProcessDirectory? process)
    {
        if (process is null) return;
        _retired.Enqueue((_current.Generation + 1, process));
        _changed = true;
    }

    private void CloseRetired()
    {
        long acknowledged = Interlocked.Read(ref _acknowledged);
        while (_retired.TryPeek(out (long Generation, ProcessDirectory Process) retired) && retired.Generation <= acknowledged)
        {
            _retired.Dequeue();
            retired.Process.Close();
        }
    }
}
