using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Net;
using NsCollector.Sample.Traffic;

namespace NsCollector.Sample.Events;

/// <summary>
/// Keeps discovery informed where the final network counters of each container will be, and knows what its namespace has
/// counted: searches when a namespace is first read, when its interfaces or the runtime's bind mounts have changed, and
/// several times after a birth. For the sampling thread.
/// </summary>
internal sealed class FinalCounterSearch(
    SampledContainers containers, NetworkVisitor visitor, NetworkNamespaces namespaces, FinalCounterLocator locator, LinkFinder finder, TrafficTable traffic,
    IContainerSource source) : IExitTraffic
{
    // How many visits after the first search again if nothing was found.
    private const int Retries = 3;

    private int _due;
    private int _next;
    private int _namespacesVersion;
    private uint _version;
    private long _visitBudgetNs;
    private readonly List<Container> _owners = [];

    /// <summary>Whether <see cref="Run"/> has something to do.</summary>
    internal bool HasDue => _due > 0;

    /// <summary>When <see cref="MarkScheduled"/> has to be called, on the monotonic clock; <see cref="long.MaxValue"/> if it has not.</summary>
    internal long ScheduledNs { get; private set; } = long.MaxValue;

    /// <summary>The list in force has changed.</summary>
    internal void OnListChanged()
    {
        _due = 0;
        foreach (SampledContainer container in containers.All) _due += container.FinalCounters.IsSearchDue ? 1 : 0;
    }

    /// <summary>A container has left the list, perhaps without an exit: it was excluded, or its end was not seen.</summary>
    internal void OnRemoved(SampledContainer container)
    {
        FinalCounterState state = container.FinalCounters;
        if (state.Traffic is not { } counted) return;
        state.Traffic = null;
        Release(counted, state.NamespaceInode);
    }

    /// <summary>A cycle or the first readings of new containers begin: <see cref="OnVisited"/> may search at once for so long in all.</summary>
    internal void BeginVisits(long budgetNs) => _visitBudgetNs = budgetNs;

    /// <summary>
    /// A namespace was read. Its interfaces have changed if their names did, or if a counter fell: then one interface was
    /// replaced by another with the same name.
    /// </summary>
    internal void OnVisited(SampledContainer container, ulong inode)
    {
        FinalCounterState state = container.FinalCounters;
        RowTable interfaces = container.Sample.Interfaces;
        if (visitor.Mode != NetworkMode.Visit || (inode & NativeShim.IdentityByDev) != 0)
        {
            ApplyOnlyInterface(container, inode);
            return;
        }

        ulong hash = HashOfNames(interfaces);
        if (inode == state.NamespaceInode && hash == state.InterfacesHash && state.Traffic?.HasFallen(interfaces, hash) != true)
        {
            bool isApplied = state.Traffic?.Apply(interfaces, hash) == true;
            if (isApplied) SetTotals(container);

            // The runtime may have been still at work: the host's end may have been elsewhere.
            if ((isApplied && state.Found is not null) || state.RetriesLeft == 0) return;
            state.RetriesLeft--;
        }
        else
        {
            if (state.NamespaceInode != 0 && state.NamespaceInode != inode)
            {
                state.RestartSearches();
                ReleaseLeft(container);
            }

            state.NamespaceInode = inode;
            state.InterfacesHash = hash;
            state.RetriesLeft = Retries;
        }

        SetDue(state);
        if (_visitBudgetNs <= 0) return;
        long beganNs = SystemClock.MonotonicNs();
        Search(container);
        _visitBudgetNs -= SystemClock.MonotonicNs() - beganNs;
    }

    /// <summary>
    /// A container was read in the host's namespace. In a young one the process may enter its own later: systemd and LXC (with a
    /// user namespace) put it into the cgroup before that. So its namespace is looked at when searches after a birth are due.
    /// </summary>
    internal void OnReadInHost(SampledContainer container)
    {
        if (visitor.Mode == NetworkMode.Off || !container.FinalCounters.IsNew) return;
        Schedule(container.FinalCounters);
    }

    /// <summary>A container that no longer owns a namespace has no network counters of its own.</summary>
    internal void ForgetLostNamespaces()
    {
        if (namespaces.Version == _namespacesVersion) return;
        _namespacesVersion = namespaces.Version;
        for (int i = 0; i < containers.Count; i++)
        {
            SampledContainer container = containers[i];
            FinalCounterState state = container.FinalCounters;
            if (namespaces.OwnerOf(i) is >= 0 and var owner && owner != i) state.SharedInode = namespaces.IdentityOf(i);
            if (state.NamespaceInode == 0 || !namespaces.IsElsewhere(i)) continue;
            ReleaseLeft(container);
            state.NamespaceInode = 0;
            container.Totals.ForgetNetwork();
            if (state.Found is null) continue;
            state.Found = null;
            source.SetFinalCounterSource(container.Container, null);
        }
    }

    /// <summary>Marks the containers whose namespace a runtime has mounted or unmounted.</summary>
    internal void MarkChangedMounts()
    {
        if (visitor.Mode != NetworkMode.Visit || !locator.Refresh(SystemClock.RealtimeNs())) return;
        traffic.ForgetUnmounted(locator.PathOf);
        foreach (SampledContainer container in containers.All)
        {
            FinalCounterState state = container.FinalCounters;
            if (state.NamespaceInode != 0 && locator.PathOf(state.NamespaceInode) != state.Found?.NamespacePath) SetDue(state);
        }
    }

    /// <summary>Marks the containers whose next search after the birth is due; then, and in each cycle, also those of <see cref="MarkChangedMounts"/>.</summary>
    internal void MarkScheduled(long nowNs, bool isCycle)
    {
        bool isDue = nowNs >= ScheduledNs;
        if (isCycle || isDue) MarkChangedMounts();
        if (!isDue) return;
        ScheduledNs = long.MaxValue;
        foreach (SampledContainer container in containers.All)
        {
            FinalCounterState state = container.FinalCounters;
            if (state.NextSearchNs > nowNs)
            {
                ScheduledNs = Math.Min(ScheduledNs, state.NextSearchNs);
                continue;
            }

            state.NextSearchNs = long.MaxValue;
            if (container.HasExited) continue;
            if (state.NamespaceInode != 0) SetDue(state);
            else LookForNamespace(container);
        }
    }

    /// <summary>Searches for every marked container, in turn, until the time is over; the rest stays marked.</summary>
    internal void Run(long finishByNs)
    {
        for (int i = 0; i < containers.Count && _due > 0; i++)
        {
            if (++_next >= containers.Count) _next = 0;
            SampledContainer container = containers[_next];
            FinalCounterState state = container.FinalCounters;
            if (!state.IsSearchDue) continue;
            if (SystemClock.MonotonicNs() >= finishByNs) return;
            Search(container);
        }
    }

    /// <summary>Reads what was reported of removed interfaces.</summary>
    /// <returns>Whether it concerned a container.</returns>
    internal bool ReadRemovals()
    {
        if (!traffic.ReadRemovals()) return false;
        if (!traffic.MustLookAgain) return true;
        traffic.MustLookAgain = false;
        foreach (SampledContainer container in containers.All)
        {
            if (container is { HasExited: false, FinalCounters.NamespaceInode: not 0 }) SetDue(container.FinalCounters);
        }

        return true;
    }

    /// <inheritdoc/>
    FinalTraffic? IExitTraffic.OnExit(ContainerExit exit, SampledContainer container)
    {
        FinalCounterState state = container.FinalCounters;
        NamespaceTraffic? counted = state.Traffic;
        state.Traffic = null;
        namespaces.OnExit(container.Container.Key);
        if (counted is null) return null;
        if (state.IsMember || counted.IsImpossible)
        {
            if (!state.IsMember) container.Totals.ForgetNetwork();
            Release(counted, state.NamespaceInode);
            return null;
        }

        bool isSilent = exit.IsEmpty && !namespaces.IsShared(state.NamespaceInode, container.Container.Key);
        return new FinalTraffic(counted, state.NamespaceInode, exit.Texts.Network, state.Links, isSilent);
    }

    /// <inheritdoc/>
    NetworkTotals IExitTraffic.TotalsOf(FinalTraffic final) => final.Totals(traffic.HearsInside);

    /// <inheritdoc/>
    void IExitTraffic.OnPublished(FinalTraffic final, NetworkTotals totals)
    {
        final.Namespace.SetReported(totals);
        Release(final.Namespace, final.NamespaceInode);
    }

    /// <summary>A container is no longer in the namespace that it owned. Another one that still is will be its owner.</summary>
    private void ReleaseLeft(SampledContainer container)
    {
        FinalCounterState state = container.FinalCounters;
        if (state.Traffic is not { } counted) return;
        state.Traffic = null;
        Release(counted, state.NamespaceInode, namespaces.IsShared(state.NamespaceInode, container.Container.Key));
    }

    /// <summary>The traffic of a namespace has lost its owner: it is kept for the next one, or forgotten.</summary>
    /// <param name="counted">The traffic, which its owner no longer has.</param>
    /// <param name="inode">The namespace.</param>
    /// <param name="hasNextOwner">Whether a container is still in it.</param>
    private void Release(NamespaceTraffic counted, ulong inode, bool hasNextOwner = false)
    {
        // A container that started again while its exit was pending may be in the same namespace.
        foreach (SampledContainer container in containers.All)
        {
            if (container.FinalCounters.Traffic == counted) return;
        }

        if (hasNextOwner || locator.PathOf(inode) is not null) traffic.Keep(counted, inode);
        else traffic.Forget(counted);
    }

    /// <summary>If a container has entered a namespace of its own, it is read again, with its network.</summary>
    private void LookForNamespace(SampledContainer container)
    {
        FinalCounterState state = container.FinalCounters;
        ulong identity = namespaces.FindAgain(container.Container.Key);
        if (identity == 0)
        {
            Schedule(state);
            return;
        }

        if (namespaces.IsOwned(identity)) return;
        state.RestartSearches();
        containers.ReadAgain(container);
    }

    /// <summary>Looks at the interfaces of a container's namespace, and says where they are read at its exit.</summary>
    private void Search(SampledContainer container)
    {
        FinalCounterState state = container.FinalCounters;
        if (state.IsSearchDue) _due--;
        state.IsSearchDue = false;
        if (visitor.Mode != NetworkMode.Visit || state.NamespaceInode == 0 || container.HasVanished || container.HasExited || container.Container.Init is not { } init) return;
        NamespaceLinks? links = finder.Find(container.Container, state.NamespaceInode, NamespaceOwners);

        // Its process has exited: what was found before still holds.
        if (links is null && visitor.IdentityOf(init) != state.NamespaceInode) return;
        FinalCounterSource? found = links is null ? null : Apply(container, links);
        ScheduleNext(state, found);
        if (!IsSame(found, state.Found))
        {
            state.Found = found is null ? null : found with { Version = ++_version };
            source.SetFinalCounterSource(container.Container, state.Found);
        }

        int[] indexes = found is null ? [] : [.. links!.Links.Where(link => link.LeadsOut).Take(found.Links.Length).Select(link => link.Index)];
        state.Links = new FinalLinks(state.Found?.Version ?? 0, indexes, (links?.Links.Length ?? 0) - indexes.Length);
    }

    private FinalCounterSource? Apply(SampledContainer container, NamespaceLinks links)
    {
        FinalCounterState state = container.FinalCounters;
        NamespaceTraffic? before = state.Traffic;
        state.Traffic = traffic.Update(links, before);

        // The kernel gave the inode number of a destroyed namespace to the next one.
        if (before is not null && before != state.Traffic) Release(before, state.NamespaceInode);
        state.Traffic.Bind(links, container.Sample.Interfaces, state.InterfacesHash);
        SetTotals(container);
        return state.IsMember ? null : locator.Locate(state.NamespaceInode, links);
    }

    private static void SetTotals(SampledContainer container)
    {
        FinalCounterState state = container.FinalCounters;
        if (!state.IsMember && state.Traffic?.TrySum(out long rx, out long tx) == true) container.Totals.SetNetwork(rx, tx);
    }

    /// <summary>Without entering the namespace it is not known which interfaces lead out. If only one has carried anything, it is that one.</summary>
    private static void ApplyOnlyInterface(SampledContainer container, ulong inode)
    {
        container.FinalCounters.NamespaceInode = inode;
        RowTable rows = container.Sample.Interfaces;
        Row? only = null;
        int used = 0, others = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            if (row.Key.SequenceEqual("lo"u8)) continue;
            others++;
            bool isUsed = row.Readings.TryGet(Reading.NetworkRxBytes, out long rx) && row.Readings.TryGet(Reading.NetworkTxBytes, out long tx) && (rx | tx) != 0;
            if (isUsed) used++;
            if (isUsed || only is null) only = row;
        }

        if (container.FinalCounters.IsMember) return;
        if (only is null || used > 1 || (used == 0 && others > 1))
        {
            container.Totals.ForgetNetwork();
            return;
        }

        only.LeadsOut = true;
        if (only.Readings.TryGet(Reading.NetworkRxBytes, out long received) && only.Readings.TryGet(Reading.NetworkTxBytes, out long sent))
            container.Totals.SetNetwork(received, sent);
    }

    /// <summary>The containers in whose namespaces the other end of an interface may be.</summary>
    private List<Container> NamespaceOwners()
    {
        _owners.Clear();
        foreach (int owner in namespaces.Owners)
        {
            // By its key: between two cycles the list may have changed since the namespaces were grouped.
            if (containers.Find(namespaces.KeyOf(owner)) is { } container) _owners.Add(container.Container);
        }

        return _owners;
    }

    /// <summary>Until the runtime has mounted the namespace and connected it, what was found may be only a part.</summary>
    private void ScheduleNext(FinalCounterState state, FinalCounterSource? found)
    {
        bool isFound = found is { NamespacePath: not null, Links.Length: > 0 };
        if (!isFound || !state.IsSettled) Schedule(state);
    }

    private void Schedule(FinalCounterState state)
    {
        if (state.ScheduleNext(SystemClock.MonotonicNs())) ScheduledNs = Math.Min(ScheduledNs, state.NextSearchNs);
    }

    private void SetDue(FinalCounterState state)
    {
        if (state.IsSearchDue) return;
        state.IsSearchDue = true;
        _due++;
    }

    /// <summary>One hash of all names.</summary>
    private static ulong HashOfNames(RowTable interfaces)
    {
        ulong hash = Fnv1a.Start;
        for (int i = 0; i < interfaces.Count; i++) hash = Fnv1a.AddText(hash, interfaces[i].Key);
        return hash;
    }

    private static bool IsSame(FinalCounterSource? one, FinalCounterSource? other) =>
        one is null || other is null
            ? one is null && other is null
            : one.NamespaceInode == other.NamespaceInode && one.NamespacePath == other.NamespacePath && one.Links.SequenceEqual(other.Links);
}
