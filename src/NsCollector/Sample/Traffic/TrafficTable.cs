using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Traffic;

/// <summary>
/// The <see cref="NamespaceTraffic"/> of every network namespace that a container owns, and of those that a runtime holds
/// for the next one. Applies to them what is reported of removed interfaces.
/// </summary>
/// <remarks>For the sampling thread.</remarks>
/// <param name="removals">Reports them.</param>
/// <param name="counters">Counts LinkMessagesLost.</param>
internal sealed class TrafficTable(LinkRemovals removals, AgentCounters counters) : ILinkRemovalObserver
{
    private readonly Dictionary<ulong, NamespaceTraffic> _byCookie = [];
    private readonly Dictionary<int, NamespaceTraffic> _byNumber = [];
    private readonly Dictionary<int, NamespaceTraffic> _byPeer = [];
    private readonly Dictionary<ulong, NamespaceTraffic> _kept = [];

    // Namespaces in which an unknown end of a pair was removed, and whether an unknown end of the host's was. The two messages
    // of a pair may fall into two calls of ReadRemovals, so both are kept for one more.
    private readonly List<NamespaceTraffic> _suspects = [];
    private int _suspectsBefore;
    private bool _unknownPeerRemoved;
    private bool _unknownPeerRemovedBefore;
    private bool _applied;

    /// <summary>Whether removals inside namespaces are reported too, and not only those of the host's ends.</summary>
    internal bool HearsInside => removals.HearsAllNamespaces;

    /// <summary>Whether messages were lost since this was last set to false: which number is which namespace's must be found again.</summary>
    internal bool MustLookAgain { get; set; }

    /// <summary>How many namespaces there is anything of.</summary>
    internal int Count => _byCookie.Values.Concat(_byNumber.Values).Concat(_byPeer.Values).Concat(_kept.Values).Distinct().Count();

    /// <summary>The traffic of the namespace that was looked at, after that look.</summary>
    /// <param name="look">The look.</param>
    /// <param name="current">What its owner has had until now; null if nothing.</param>
    internal NamespaceTraffic Update(NamespaceLinks look, NamespaceTraffic? current)
    {
        NamespaceTraffic traffic = (look.Cookie == 0 ? current : _byCookie.GetValueOrDefault(look.Cookie)) ?? new NamespaceTraffic();
        Unregister(traffic);
        TakeBack(traffic);
        traffic.Update(look);
        if (traffic.Cookie != 0) _byCookie[traffic.Cookie] = traffic;
        if (traffic.Number >= 0)
        {
            // A number that another one had is this one's now.
            if (_byNumber.TryGetValue(traffic.Number, out NamespaceTraffic? before) && before != traffic) before.ForgetNumber();
            _byNumber[traffic.Number] = traffic;
        }

        foreach (int peer in traffic.Peers) _byPeer[peer] = traffic;
        return traffic;
    }

    /// <summary>Keeps the traffic of a namespace without an owner for as long as the runtime holds that.</summary>
    internal void Keep(NamespaceTraffic traffic, ulong inode)
    {
        if (traffic.Cookie == 0)
        {
            Forget(traffic);
            return;
        }

        // The kernel gives the inode number of a destroyed namespace to the next one.
        if (_kept.TryGetValue(inode, out NamespaceTraffic? before) && before != traffic) Forget(before);
        _kept[inode] = traffic;
    }

    /// <summary>Forgets what was kept of namespaces that no runtime holds any more.</summary>
    /// <param name="pathOf">Where a namespace is mounted, by its inode number; null if it is not.</param>
    internal void ForgetUnmounted(Func<ulong, string?> pathOf)
    {
        foreach ((ulong inode, NamespaceTraffic traffic) in _kept)
        {
            if (pathOf(inode) is not null) continue;
            _kept.Remove(inode);
            Forget(traffic);
        }
    }

    /// <summary>The namespace has no owner any more, and nothing else is to be learned of it.</summary>
    internal void Forget(NamespaceTraffic traffic)
    {
        Unregister(traffic);
        if (traffic.Cookie != 0 && _byCookie.GetValueOrDefault(traffic.Cookie) == traffic) _byCookie.Remove(traffic.Cookie);
    }

    /// <summary>Applies what was reported since the last call.</summary>
    /// <returns>Whether anything was applied.</returns>
    internal bool ReadRemovals()
    {
        _applied = false;
        int lost = removals.Read(this);
        if (lost > 0) counters.Add(AgentCounter.LinkMessagesLost, lost);
        if (_unknownPeerRemoved || _unknownPeerRemovedBefore)
        {
            foreach (NamespaceTraffic traffic in _suspects) traffic.OnMissedLink();
        }

        _suspects.RemoveRange(0, _suspectsBefore);
        _suspectsBefore = _suspects.Count;
        _unknownPeerRemovedBefore = _unknownPeerRemoved;
        _unknownPeerRemoved = false;
        return _applied;
    }

    /// <inheritdoc/>
    void ILinkRemovalObserver.OnRemoved(in NativeShim.Removal removal)
    {
        if (removal.Namespace != NativeShim.Removal.Here)
        {
            if (!_byNumber.TryGetValue(removal.Namespace, out NamespaceTraffic? inside)) return;
            _applied = true;

            // Of a pair: it led out if the other end was the host's, which is reported at the same time.
            if (!inside.OnLinkRemoved(in removal) && removal is { IsVeth: not 0, Lower: 0 }) _suspects.Add(inside);
            return;
        }

        // An end that was moved elsewhere is still connected.
        if (removal.IsVeth == 0 || removal.Lower != 0) return;
        if (_byPeer.Remove(removal.Index, out NamespaceTraffic? traffic))
        {
            traffic.OnPeerRemoved(removal.Index, removal.TxBytes);
            _applied = true;
        }
        else
        {
            _unknownPeerRemoved = true;
        }
    }

    /// <inheritdoc/>
    void ILinkRemovalObserver.OnNumberFreed(int number)
    {
        if (!_byNumber.Remove(number, out NamespaceTraffic? traffic)) return;
        traffic.ForgetNumber();
        _applied = true;
    }

    /// <inheritdoc/>
    void ILinkRemovalObserver.OnLost()
    {
        foreach (NamespaceTraffic traffic in _byNumber.Values) traffic.ForgetNumber();
        _byNumber.Clear();
        _suspects.Clear();
        _suspectsBefore = 0;
        MustLookAgain = true;
        _applied = true;
    }

    /// <summary>It has an owner again.</summary>
    private void TakeBack(NamespaceTraffic traffic)
    {
        foreach ((ulong inode, NamespaceTraffic kept) in _kept)
        {
            if (kept == traffic) _kept.Remove(inode);
        }
    }

    private void Unregister(NamespaceTraffic traffic)
    {
        if (_byNumber.GetValueOrDefault(traffic.Number) == traffic) _byNumber.Remove(traffic.Number);
        foreach (int peer in traffic.Peers)
        {
            if (_byPeer.GetValueOrDefault(peer) == traffic) _byPeer.Remove(peer);
        }
    }
}
