using System.Runtime.InteropServices;
using NsCollector.Discover.Walk;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Track;

/// <summary>
/// Decides which cgroups that are named like containers are sampled. For the discovery thread.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Elsewhere than inside containers and users' managers, only the host's runtimes create such cgroups: the path suffices.</item>
/// <item>The owner of a container, and a user with a manager, can create cgroups of any name. There, such a cgroup needs state
/// of the host's runtime, or a process and, inside a container, a program of its runtime that runs in that container. Each
/// owner has a bound.</item>
/// <item>A container without a process never takes the place of one with a process.</item>
/// </list>
/// </remarks>
/// <param name="options">The bounds.</param>
/// <param name="records">The admitted containers.</param>
/// <param name="processes">Tells which cgroups have processes.</param>
/// <param name="names">Tells whether the host's runtimes have state of a container.</param>
/// <param name="evict">Removes an admitted container without a process, to make room.</param>
/// <param name="counters">Counts what is left out.</param>
/// <param name="log">Receives warnings that name the owner.</param>
internal sealed class Admission(
    DiscoverOptions options, ContainerRecords records, CgroupProcesses processes, NameTracker names, Action<ContainerRecord> evict, AgentCounters counters, RateLimitedLog log)
{
    /// <summary>How many cgroups of one owner are polled between walks at most, so that no owner can use up the thread's time.</summary>
    private const int MaxPolledOfOwner = 256;

    /// <summary>When a waiting cgroup is polled, in milliseconds after it was first seen: a runtime makes the directory first, then the process.</summary>
    private static readonly int[] PollAfterMs = [2, 5, 10, 20, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

    private readonly Dictionary<string, WaitingContainer> _byPath = new(StringComparer.Ordinal);
    private readonly List<WaitingContainer> _waiting = [];
    private readonly List<WaitingContainer> _polled = [];
    private readonly Dictionary<string, int> _polledOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _waitingOf = new(StringComparer.Ordinal);
    private int _lackRoom;
    private long _poll;
    private bool _hasNothingToEvict;
    private string? _hasNothingToEvictIn;

    /// <summary>The cgroups that are not admitted (yet). Valid until one is admitted, found or removed.</summary>
    internal ReadOnlySpan<WaitingContainer> Waiting => CollectionsMarshal.AsSpan(_waiting);

    /// <summary>Whether a cgroup of this path waits.</summary>
    internal bool IsWaiting(string path) => _byPath.ContainsKey(path);

    /// <summary>When the first of them is to be polled, in milliseconds of the monotonic clock; <see cref="long.MaxValue"/> if none is.</summary>
    internal long DueMs
    {
        get
        {
            long dueMs = long.MaxValue;
            foreach (WaitingContainer waiting in CollectionsMarshal.AsSpan(_polled)) dueMs = Math.Min(dueMs, NextPollMs(waiting));
            return dueMs;
        }
    }

    /// <summary>Decides about a directory that was found. If it is not admitted, it waits.</summary>
    /// <param name="tree">Its hierarchy.</param>
    /// <param name="node">The directory.</param>
    /// <param name="nowMs">The monotonic clock, in milliseconds.</param>
    /// <param name="isReported">Whether inotify has just reported that it was created.</param>
    /// <returns>The container to add with all its directories; null if it waits.</returns>
    internal WaitingContainer? Decide(CgroupTree tree, CgroupNode node, long nowMs, bool isReported = false)
    {
        if (!_byPath.TryGetValue(node.Path, out WaitingContainer? waiting))
        {
            DelegatedCgroup.NearestAbove(node, out CgroupNode? outermost);
            waiting = new WaitingContainer(node.Recognised!.Value, node.Path, outermost?.Path, nowMs) { Birth = isReported ? ContainerBirth.Now() : null };
        }

        waiting.Nodes.Add((tree, node));
        _poll++;
        ForgetEvictions();
        if (IsAdmitted(waiting, nowMs, needsProcess: false))
        {
            Forget(waiting);
            return waiting;
        }

        Keep(waiting);
        return null;
    }

    /// <summary>Keeps a container that was evicted.</summary>
    internal void Return(ContainerRecord record, long nowMs)
    {
        var waiting = new WaitingContainer(record.Recognised, record.Path, record.Owner, nowMs) { IsCounted = true, LacksRoom = record.Owner is null, Birth = record.Birth };
        waiting.Nodes.AddRange(record.Nodes);
        if (waiting.LacksRoom) _lackRoom++;
        counters.Add(waiting.LacksRoom ? AgentCounter.ContainersOverLimit : AgentCounter.NestedOverLimit);
        Keep(waiting);
    }

    /// <summary>A directory is gone.</summary>
    internal void ForgetDirectory(CgroupTree tree, CgroupNode node)
    {
        if (_byPath.TryGetValue(node.Path, out WaitingContainer? waiting) && waiting.Nodes.Remove((tree, node)) && waiting.Nodes.Count == 0) Forget(waiting);
    }

    /// <summary>Checks waiting cgroups again, those with processes first.</summary>
    /// <param name="nowMs">The monotonic clock, in milliseconds.</param>
    /// <param name="isWalk">Whether this is a walk, which checks all of them; otherwise only those that are due, or that wait for room if there is room now.</param>
    /// <param name="admit">Adds a container, at once.</param>
    internal void Poll(long nowMs, bool isWalk, Action<WaitingContainer> admit)
    {
        if (_waiting.Count == 0) return;
        _poll++;
        ForgetEvictions();

        // What was answered during the walk may not include directories that were found later in it.
        if (isWalk) processes.Forget();
        bool isAll = isWalk || (_lackRoom > 0 && records.HasRoom);
        List<WaitingContainer> candidates = isAll ? _waiting : _polled;

        // From the end: what is admitted leaves the lists, and what is evicted meanwhile is appended.
        for (int i = candidates.Count - 1; i >= 0; i--)
        {
            WaitingContainer waiting = candidates[i];
            if (!isWalk && !(isAll && waiting.LacksRoom) && nowMs < NextPollMs(waiting)) continue;
            while (nowMs >= NextPollMs(waiting)) waiting.Polls++;
            if (IsAdmitted(waiting, nowMs, needsProcess: true)) Admit(waiting, admit);
            else if (waiting.Polls >= PollAfterMs.Length) StopPolling(waiting);
        }

        // Then those that may be admitted without a process.
        if (!isAll) return;
        for (int i = _waiting.Count - 1; i >= 0 && records.HasRoom; i--)
        {
            WaitingContainer waiting = _waiting[i];
            if ((waiting.Owner is null || HasState(waiting)) && IsAdmitted(waiting, nowMs, needsProcess: false)) Admit(waiting, admit);
        }
    }

    /// <summary>A walk begins.</summary>
    internal void BeginWalk() => processes.Forget();

    private static long NextPollMs(WaitingContainer waiting) =>
        waiting.Polls < PollAfterMs.Length ? waiting.SinceMs + PollAfterMs[waiting.Polls] : long.MaxValue;

    private void Admit(WaitingContainer waiting, Action<WaitingContainer> admit)
    {
        Forget(waiting);
        admit(waiting);
    }

    private bool IsAdmitted(WaitingContainer waiting, long nowMs, bool needsProcess)
    {
        if (waiting.LacksRoom && records.HasRoom)
        {
            waiting.LacksRoom = false;
            _lackRoom--;
        }

        bool? hasProcess = null;
        if (waiting.Owner is { } owner)
        {
            if (!HasState(waiting) && (!IsRuntimeThere(waiting, nowMs) || !(hasProcess ??= HasProcess(waiting)))) return false;
            if (records.CountOf(owner) >= options.MaxContainersInContainer && !((hasProcess ??= HasProcess(waiting)) && TryEvict(owner)))
            {
                if (hasProcess.Value) CountNested(waiting, owner);
                return false;
            }
        }

        if (needsProcess && !(hasProcess ??= HasProcess(waiting))) return false;
        if (records.HasRoom) return true;
        if ((hasProcess ?? HasProcess(waiting)) && TryEvict(owner: null)) return true;
        CountOverLimit(waiting);
        return false;
    }

    private bool IsRuntimeThere(WaitingContainer waiting, long nowMs)
    {
        foreach ((CgroupTree tree, CgroupNode node) in waiting.Nodes)
        {
            // A user's manager is not a container: the user's runtimes may run in the user's sessions.
            if (DelegatedCgroup.NearestAbove(node, out _) is not { } nearest || !DelegatedCgroup.IsContainer(nearest)) return true;
            if (processes.IsRuntimeIn(tree, nearest, waiting.Recognised.Runtime, nowMs)) return true;
        }

        return false;
    }

    // Looks at the runtimes' disks, so only once for each candidate in a poll.
    private bool HasState(WaitingContainer waiting)
    {
        if (waiting.StatePoll != _poll) (waiting.StatePoll, waiting.HasState) = (_poll, names.HasState(waiting.Recognised.Runtime, waiting.Recognised.Id));
        return waiting.HasState;
    }

    private bool HasProcess(WaitingContainer waiting) => HasProcess(waiting.Nodes);

    /// <summary>Whether a container has a process, in one of its directories.</summary>
    internal bool HasProcess(List<(CgroupTree Tree, CgroupNode Node)> nodes)
    {
        foreach ((CgroupTree tree, CgroupNode node) in nodes)
        {
            if (processes.Any(tree, node)) return true;
        }

        return false;
    }

    /// <summary>Evicts a container that has no process, of this owner or of any.</summary>
    private bool TryEvict(string? owner)
    {
        if (owner is null ? _hasNothingToEvict : _hasNothingToEvictIn == owner) return false;
        for (int i = records.All.Count - 1; i >= 0; i--)
        {
            ContainerRecord record = records.All[i];
            if (record is not { Init: null, GoneSinceMs: null, Life.HasBegun: false } || record.Life.Ooms.Count > 0) continue;
            if ((owner is not null && record.Owner != owner) || HasProcess(record.Nodes)) continue;
            evict(record);
            return true;
        }

        // Not searched again for each of thousands that wait.
        if (owner is null) _hasNothingToEvict = true;
        else _hasNothingToEvictIn = owner;
        return false;
    }

    private void ForgetEvictions()
    {
        _hasNothingToEvict = false;
        _hasNothingToEvictIn = null;
    }

    private void Keep(WaitingContainer waiting)
    {
        if (!_byPath.TryAdd(waiting.Path, waiting)) return;
        _waiting.Add(waiting);
        string owner = waiting.Owner ?? "";
        int ofOwner = ++CollectionsMarshal.GetValueRefOrAddDefault(_waitingOf, owner, out _);
        if (waiting is { Owner: not null, IsCounted: false } && ofOwner > options.MaxContainersInContainer)
        {
            log.Warning("cgroups like containers",
                $"{owner} has more than {options.MaxContainersInContainer} cgroups inside that are named like containers and are not sampled, because they have no process or their runtime does not run there. Check what that container does. The bound is discovery.max_containers_in_container");
        }

        ref int polled = ref CollectionsMarshal.GetValueRefOrAddDefault(_polledOf, owner, out _);
        if (polled >= MaxPolledOfOwner) return;
        polled++;
        waiting.IsPolled = true;
        _polled.Add(waiting);
    }

    private void Forget(WaitingContainer waiting)
    {
        if (!_byPath.Remove(waiting.Path)) return;
        _waiting.Remove(waiting);
        if (waiting.LacksRoom) _lackRoom--;
        waiting.LacksRoom = false;
        Decrement(_waitingOf, waiting.Owner ?? "");
        StopPolling(waiting);
    }

    private void StopPolling(WaitingContainer waiting)
    {
        if (!waiting.IsPolled) return;
        waiting.IsPolled = false;
        _polled.Remove(waiting);
        Decrement(_polledOf, waiting.Owner ?? "");
    }

    private static void Decrement(Dictionary<string, int> counts, string owner)
    {
        if (counts.TryGetValue(owner, out int count) && count > 1) counts[owner] = count - 1;
        else counts.Remove(owner);
    }

    private void CountNested(WaitingContainer waiting, string owner)
    {
        if (waiting.IsCounted) return;
        waiting.IsCounted = true;
        counters.Add(AgentCounter.NestedOverLimit);
        log.Warning("max_containers_in_container",
            $"More than {options.MaxContainersInContainer} containers inside {owner}: the rest is not sampled. If they are real, raise discovery.max_containers_in_container");
    }

    private void CountOverLimit(WaitingContainer waiting)
    {
        if (!waiting.LacksRoom) _lackRoom++;
        waiting.LacksRoom = true;
        if (waiting.IsCounted) return;
        waiting.IsCounted = true;
        counters.Add(AgentCounter.ContainersOverLimit);
        string most = records.OwnerOfMost(out int count) is { } owner ? $" {count} of them are inside {owner}." : "";
        log.Warning("max_containers", $"More than {options.MaxContainers} containers: the rest is not sampled.{most} Raise discovery.max_containers");
    }
}
