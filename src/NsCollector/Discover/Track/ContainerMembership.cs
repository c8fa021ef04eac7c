using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Track;

/// <summary>
/// Which containers discovery has: adds those whose cgroups were found, by a walk or by inotify, and removes those whose cgroups are
/// gone. For the discovery thread.
/// </summary>
internal sealed class ContainerMembership : ICgroupTreeObserver
{
    private readonly UnseenContainers _unseen = new();
    private bool _hasWalked;
    private bool _isWalking;
    private bool _isRewalking;

    /// <summary>The containers.</summary>
    internal required ContainerRecords Records { get; init; }

    /// <summary>Decides which cgroups are containers; calls <see cref="Evict"/>.</summary>
    internal required Admission Admission { get; init; }

    /// <summary>Their names.</summary>
    internal required NameTracker Names { get; init; }

    /// <summary>Which of them are published.</summary>
    internal required PublicationRule Rule { get; init; }

    /// <summary>The published list.</summary>
    internal required ContainerPublication Publication { get; init; }

    /// <summary>Receives containers that must be polled before the next walk.</summary>
    internal required PendingContainers Pending { get; init; }

    /// <summary>Follows their processes; null if nothing does.</summary>
    internal required LifeTracker? Lives { get; init; }

    /// <summary>Reports births; null if nothing does.</summary>
    internal required CgroupWatches? Watches { get; init; }

    /// <summary>Counts containers that were missed, or that only a walk found.</summary>
    internal required AgentCounters Counters { get; init; }

    /// <summary>The monotonic clock, in milliseconds.</summary>
    internal required Func<long> Now { get; init; }

    /// <summary>A walk begins: what it finds was not reported.</summary>
    internal void BeginWalk()
    {
        _isWalking = true;
        _isRewalking = _hasWalked;
    }

    /// <summary>A walk has ended.</summary>
    internal void EndWalk()
    {
        _isWalking = false;
        _isRewalking = false;
        _hasWalked = true;
    }

    /// <summary>Counts the containers that came and went between two reads of inotify. Call it when all events were read.</summary>
    internal void CountUnseen() => Counters.Add(AgentCounter.ContainersMissed, _unseen.CountAndClear());

    void ICgroupTreeObserver.Appeared(CgroupTree tree, CgroupNode node)
    {
        // Removed and created again since the last walk: the new directory is seen before the old one is missed.
        if (Records.TryFind(node.Path, out ContainerRecord? record) && record.Nodes.Exists(known => known.Tree == tree)) MarkGone(record);
        _unseen.Appeared(tree, node.Path, node.Recognised!.Value.Id);
        Add(tree, node);
    }

    void ICgroupTreeObserver.Disappeared(CgroupTree tree, CgroupNode node)
    {
        Admission.ForgetDirectory(tree, node);
        if (Records.TryFind(node.Path, out ContainerRecord? record) && record.Nodes.Remove((tree, node)) && record.Nodes.Count == 0) MarkGone(record);
    }

    void ICgroupTreeObserver.CameAndWent(CgroupTree tree, string path, in RecognisedContainer recognised)
    {
        if (!Records.TryFind(path, out _) && !Admission.IsWaiting(path) && Rule.MayBeIncluded(ResolveRuntime(recognised, path))) _unseen.Add(tree, path, recognised.Id);
    }

    private void Add(CgroupTree tree, CgroupNode node)
    {
        if (Records.TryFind(node.Path, out ContainerRecord? record))
        {
            record.Nodes.Add((tree, node));
            node.IsAdmitted = true;
            tree.MarkHolder(node);
        }
        else if (Admission.Decide(tree, node, Now(), isReported: !_isWalking) is { } admitted)
        {
            Admit(admitted);
        }
    }

    /// <summary>Adds a container that was admitted.</summary>
    internal void Admit(WaitingContainer admitted)
    {
        ContainerRecord record = Records.Add(ResolveRuntime(admitted.Recognised, admitted.Path), admitted.Path, admitted.Owner, Now(), existedAtStart: !_hasWalked, admitted.Birth);
        record.Nodes.AddRange(admitted.Nodes);
        foreach ((CgroupTree tree, CgroupNode node) in record.Nodes)
        {
            node.IsAdmitted = true;
            tree.MarkHolder(node);
        }

        Lives?.Watch(record);
        if (_isRewalking && Watches is { Descriptor: >= 0 }) Counters.Add(AgentCounter.ContainersFoundByWalk);
        Pending.Add(record);
    }

    /// <summary>Makes room for a container with processes. The evicted one has none, and returns when it has, or when there is room.</summary>
    internal void Evict(ContainerRecord record)
    {
        Leave(record);
        Admission.Return(record, Now());
        Drop(record);
    }

    /// <summary>
    /// A bare id in a pod's cgroup is containerd's or, through cri-dockerd, Docker's. The paths are alike; only Docker's state
    /// distinguishes them.
    /// </summary>
    private RecognisedContainer ResolveRuntime(RecognisedContainer recognised, string path) =>
        recognised is { Runtime: ContainerRuntime.Containerd, PodUid: not null, Within: null }
            && OciId.Is(CgroupPath.NameOf(path)) && Names.HasState(ContainerRuntime.Docker, recognised.Id)
            ? recognised with { Runtime = ContainerRuntime.Docker }
            : recognised;

    /// <summary>The last directory of a container is gone. Its record stays until its exit is published.</summary>
    private void MarkGone(ContainerRecord record)
    {
        Leave(record);
        record.Nodes.Clear();
        record.GoneSinceMs = Now();
        if (record.Published is not null) Publication.MarkChanged();
        if (Lives is null || !record.Life.HasBegun)
        {
            if (Lives is not null && record is { Published: null, ExistedAtStart: false, Life.Followed: 0, Known.Name: not KnownIdentity.Sandbox } && Rule.MayBeIncluded(record))
                Counters.Add(AgentCounter.ContainersMissed);

            // If OOM kills are to be published, it waits for its name.
            if (Lives?.TryPublishEnd(record, Now(), Names.MayCome(record, Now())) ?? true)
            {
                Drop(record);
                return;
            }
        }

        Pending.Add(record);
    }

    /// <summary>A container no longer owns its path and its directories.</summary>
    private void Leave(ContainerRecord record)
    {
        Records.ReleasePath(record);
        foreach ((_, CgroupNode node) in record.Nodes) node.IsAdmitted = false;
    }

    /// <summary>Forgets a container whose end was published, or that was evicted.</summary>
    internal void Drop(ContainerRecord record)
    {
        Lives?.Unwatch(record);
        Pending.Remove(record);
        Names.Forget(record);
        Records.Remove(record);
        if (record.Published is not null) Publication.MarkChanged();
        if (record.Init is { } init) Publication.Retire(init);
        record.Init = null;
    }
}
