using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Net;

/// <summary>
/// Keeps discovery informed where the final network counters of each container will be: searches when a namespace is first
/// read, when its interfaces or the runtime's bind mounts have changed, and several times after a birth. For the sampling thread.
/// </summary>
internal sealed class FinalCounterSearch(
    SampledContainers containers, NetworkVisitor visitor, NetworkNamespaces namespaces, FinalCounterLocator locator, IContainerSource source)
{
    // How many visits after the first search again if nothing was found.
    private const int Retries = 3;

    private int _due;
    private int _next;
    private int _namespacesVersion;

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

    /// <summary>
    /// A namespace was read. Its interfaces have changed if their names did, or if a counter fell: then one interface was
    /// replaced by another with the same name.
    /// </summary>
    internal void OnVisited(SampledContainer container, ulong inode)
    {
        if (visitor.Mode != NetworkMode.Visit || (inode & NativeShim.IdentityByDev) != 0) return;
        FinalCounterState state = container.FinalCounters;
        RowTable interfaces = container.Sample.Interfaces;
        ulong hash = HashOfNames(interfaces);
        if (inode == state.NamespaceInode && hash == state.InterfacesHash && !HasFallen(interfaces, container.Totals.Readings))
        {
            // The runtime may have been still at work: the host's end may have been elsewhere.
            if (state.Found is not null || state.RetriesLeft == 0) return;
            state.RetriesLeft--;
        }
        else
        {
            if (state.NamespaceInode != 0 && state.NamespaceInode != inode) state.RestartSearches();
            state.NamespaceInode = inode;
            state.InterfacesHash = hash;
            state.RetriesLeft = Retries;
        }

        SetDue(state);
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
            if (state.NamespaceInode == 0 || !namespaces.IsElsewhere(i)) continue;
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
        foreach (SampledContainer container in containers.All)
        {
            FinalCounterState state = container.FinalCounters;
            if (state.NamespaceInode != 0 && locator.PathOf(state.NamespaceInode) != state.Found?.NamespacePath) SetDue(state);
        }
    }

    /// <summary>Marks the containers whose next search after the birth is due.</summary>
    internal void MarkScheduled(long nowNs)
    {
        if (nowNs < ScheduledNs) return;
        ScheduledNs = long.MaxValue;
        MarkChangedMounts();
        foreach (SampledContainer container in containers.All)
        {
            FinalCounterState state = container.FinalCounters;
            if (state.NextSearchNs > nowNs)
            {
                ScheduledNs = Math.Min(ScheduledNs, state.NextSearchNs);
                continue;
            }

            state.NextSearchNs = long.MaxValue;
            if (!container.HasExited) SetDue(state);
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
            state.IsSearchDue = false;
            _due--;
            if (state.NamespaceInode == 0 || container.HasVanished || container.Container.Init is not { } init) continue;
            FinalCounterSource? found = locator.Find(init, state.NamespaceInode);
            ScheduleNext(state, found);
            if (IsSame(found, state.Found)) continue;
            state.Found = found;
            source.SetFinalCounterSource(container.Container, found);
        }
    }

    /// <summary>Until the runtime has mounted the namespace, the peers that were found may be only some of them.</summary>
    private void ScheduleNext(FinalCounterState state, FinalCounterSource? found)
    {
        if (found?.NamespacePath is not null || !state.ScheduleNext(SystemClock.MonotonicNs())) return;
        ScheduledNs = Math.Min(ScheduledNs, state.NextSearchNs);
    }

    private void SetDue(FinalCounterState state)
    {
        if (state.IsSearchDue) return;
        state.IsSearchDue = true;
        _due++;
    }

    /// <summary>FNV-1a of all names, each with a slash behind it.</summary>
    private static ulong HashOfNames(RowTable interfaces)
    {
        ulong hash = 14695981039346656037;
        for (int i = 0; i < interfaces.Count; i++)
        {
            foreach (byte b in interfaces[i].Key) hash = (hash ^ b) * 1099511628211;
            hash = (hash ^ '/') * 1099511628211;
        }

        return hash;
    }

    private static bool HasFallen(RowTable interfaces, ReadingSet before) =>
        (before.TryGet(Reading.ExitRxBytes, out long received) && interfaces.TrySum(Reading.NetworkRxBytes, out long rx, "lo"u8) && rx < received)
        || (before.TryGet(Reading.ExitTxBytes, out long sent) && interfaces.TrySum(Reading.NetworkTxBytes, out long tx, "lo"u8) && tx < sent);

    private static bool IsSame(FinalCounterSource? one, FinalCounterSource? other) =>
        one is null || other is null
            ? one is null && other is null
            : one.NamespaceInode == other.NamespaceInode && one.NamespacePath == other.NamespacePath && one.Peers.SequenceEqual(other.Peers);
}
