using System.Text;
using NsCollector.Linux.Interop;
using NsCollector.Discover.Watch;

namespace NsCollector.Sample.Traffic;

/// <summary>
/// What the interfaces that lead out of one network namespace have counted, those that were removed included. It belongs to
/// the namespace and not to a container: of several in it the owner changes.
/// </summary>
/// <remarks>For the sampling thread. Applying the rows of a visit allocates nothing.</remarks>
internal sealed class NamespaceTraffic
{
    /// <summary>Interfaces that are gone and whose last counters may still be reported; of more the last sample counts.</summary>
    private const int MaxAwaited = 256;

    private readonly List<Counted> _links = [];
    private int[] _rowLinks = [];
    private int _rowCount = -1;
    private ulong _rowsHash;
    private bool _isCertain = true;
    private bool _missedLink;
    private long _removedRx;
    private long _removedTx;
    private bool _removedIsWhole = true;
    private bool _removedAny;
    private long _reportedRx;
    private long _reportedTx;

    private sealed class Counted(int index)
    {
        internal readonly int Index = index;
        internal int Peer;

        // The texts of its row: the name of the host's end.
        internal byte[][] Texts = [];
        internal bool LeadsOut;
        internal bool IsPresent;
        internal long Rx;
        internal long Tx;

        // Whether the value is the last one there will ever be.
        internal bool RxIsFinal;
        internal bool TxIsFinal;
    }

    /// <summary>The namespace's cookie; 0 if the kernel has none.</summary>
    internal ulong Cookie { get; private set; }

    /// <summary>The number that the agent's own namespace has for it; -1 if it has none.</summary>
    internal int Number { get; private set; } = -1;

    /// <summary>Whether it is known which interfaces there are.</summary>
    internal bool IsKnown { get; private set; }

    /// <summary>Whether a counter or a sum is over 2^63-1, which cannot be: then there are no totals.</summary>
    internal bool IsImpossible
    {
        get
        {
            if (_removedRx == long.MaxValue || _removedTx == long.MaxValue) return true;
            foreach (Counted link in _links)
            {
                if (link.LeadsOut && (link.Rx == long.MaxValue || link.Tx == long.MaxValue)) return true;
            }

            return false;
        }
    }

    /// <summary>How many interfaces lead out now.</summary>
    internal int LinksOut { get; private set; }

    /// <summary>The host's ends of the interfaces that lead out and were not removed.</summary>
    internal IEnumerable<int> Peers => _links.Where(link => link is { Peer: > 0, RxIsFinal: false }).Select(link => link.Peer);

    /// <summary>The index of the host's end of an interface that leads out; 0 if it has none or is not known.</summary>
    /// <param name="index">The index of the interface in the namespace.</param>
    internal int PeerOf(int index)
    {
        foreach (Counted link in _links)
        {
            if (link.Index == index) return link is { IsPresent: true, RxIsFinal: false } ? link.Peer : 0;
        }

        return 0;
    }

    /// <summary>Applies a look at the interfaces. What is not there any more keeps what it had counted.</summary>
    internal void Update(NamespaceLinks look)
    {
        Cookie = look.Cookie;
        Number = look.Number;
        _isCertain = look.IsCertain;
        IsKnown = true;
        _rowCount = -1;
        foreach (Counted link in _links) link.IsPresent = false;
        foreach (NamespaceLink seen in look.Links) UpdateLink(seen);
        FoldRemoved();
        LinksOut = _links.Count(link => link is { IsPresent: true, LeadsOut: true });
    }

    /// <summary>Says which link each row of a visit is, for as long as the visits have the same interfaces.</summary>
    /// <param name="look">The look that <see cref="Update"/> was called with.</param>
    /// <param name="rows">The rows of the visit before that look.</param>
    /// <param name="hash">Of the names of the rows, in order.</param>
    /// <returns>Whether every link that leads out has a row.</returns>
    internal bool Bind(NamespaceLinks look, RowTable rows, ulong hash)
    {
        if (_rowLinks.Length < rows.Count) _rowLinks = new int[rows.Count];
        int bound = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            row.LeadsOut = false;
            _rowLinks[i] = -1;
            foreach (NamespaceLink link in look.Links)
            {
                if (!link.LeadsOut || !IsName(link.Name, row.Key)) continue;
                _rowLinks[i] = _links.FindIndex(one => one.Index == link.Index);
                row.LeadsOut = true;
                if (_rowLinks[i] >= 0) row.SetTexts(_links[_rowLinks[i]].Texts);
                bound++;
                break;
            }
        }

        bool isWhole = bound == LinksOut;
        _rowCount = isWhole ? rows.Count : -1;
        _rowsHash = hash;
        return isWhole;
    }

    /// <summary>Whether a counter has fallen since the visit before, as it does if an interface was replaced by another of its name.</summary>
    internal bool HasFallen(RowTable rows, ulong hash)
    {
        if (rows.Count != _rowCount || hash != _rowsHash) return false;
        for (int i = 0; i < rows.Count; i++)
        {
            if (_rowLinks[i] < 0) continue;
            Counted link = _links[_rowLinks[i]];
            ReadingSet readings = rows[i].Readings;
            if (readings.TryGet(Catalogue.Reading.NetworkRxBytes, out long rx) && rx < link.Rx) return true;
            if (readings.TryGet(Catalogue.Reading.NetworkTxBytes, out long tx) && tx < link.Tx) return true;
        }

        return false;
    }

    /// <summary>Applies the rows of a visit, and marks those that lead out.</summary>
    /// <returns>False if these are not the interfaces that are known; then nothing is applied.</returns>
    internal bool Apply(RowTable rows, ulong hash)
    {
        if (rows.Count != _rowCount || hash != _rowsHash) return false;
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            row.LeadsOut = _rowLinks[i] >= 0;
            if (!row.LeadsOut) continue;
            Counted link = _links[_rowLinks[i]];
            row.SetTexts(link.Texts);
            if (!link.RxIsFinal && row.Readings.TryGet(Catalogue.Reading.NetworkRxBytes, out long rx)) link.Rx = rx;
            if (!link.TxIsFinal && row.Readings.TryGet(Catalogue.Reading.NetworkTxBytes, out long tx)) link.Tx = tx;
        }

        return true;
    }

    /// <summary>The host's end of an interface was removed, and the interface with it.</summary>
    /// <param name="peer">The index of the host's end.</param>
    /// <param name="txBytes">What that sent is what the interface has received.</param>
    internal void OnPeerRemoved(int peer, ulong txBytes)
    {
        if (_links.Find(link => link.Peer == peer) is not { RxIsFinal: false } link) return;
        link.Rx = Clamped(txBytes);
        link.RxIsFinal = true;
    }

    /// <summary>An interface was removed, or moved to another namespace.</summary>
    /// <param name="removal">What it said.</param>
    /// <returns>False if that interface is not known.</returns>
    internal bool OnLinkRemoved(in NativeShim.Removal removal)
    {
        int index = removal.Index;
        if (_links.Find(one => one.Index == index) is not { } link) return false;
        if (!link.TxIsFinal) link.Tx = Clamped(removal.TxBytes);
        link.TxIsFinal = true;

        // Of a pair that was separated each end has lost what it received.
        if (removal is { IsVeth: not 0, Lower: 0 } || link.RxIsFinal) return true;
        link.Rx = Clamped(removal.RxBytes);
        link.RxIsFinal = true;
        return true;
    }

    /// <summary>An interface that was never looked at has come and gone, and may have led out.</summary>
    internal void OnMissedLink() => _missedLink = true;

    /// <summary>The kernel has no number for the namespace any more, or it is not known.</summary>
    internal void ForgetNumber() => Number = -1;

    /// <summary>What the links have counted so far, less what was reported of an earlier owner.</summary>
    /// <returns>False if it is not known which interfaces lead out.</returns>
    internal bool TrySum(out long rxBytes, out long txBytes)
    {
        rxBytes = _removedRx - _reportedRx;
        txBytes = _removedTx - _reportedTx;
        foreach (Counted link in _links)
        {
            if (!link.LeadsOut) continue;
            rxBytes = Add(rxBytes, link.Rx);
            txBytes = Add(txBytes, link.Tx);
        }

        return IsKnown && !IsImpossible && rxBytes != long.MaxValue && txBytes != long.MaxValue;
    }

    /// <summary>The totals at the exit of the owner.</summary>
    /// <param name="read">What was read at the exit; null if nothing was.</param>
    /// <param name="links">What was to be read.</param>
    /// <param name="hearsInside">Whether removals inside the namespace are reported.</param>
    internal NetworkTotals Finish(FinalNetwork? read, FinalLinks links, bool hearsInside)
    {
        FinalNetwork network = read is { } given && given.Version == links.Version ? given : default;
        bool isWhole = IsKnown && _isCertain && _removedIsWhole && !_missedLink && (network.OtherLinks ?? 0) <= links.Others;
        bool isOver = true, mayBecomeWhole = false;

        // That no interface was ever seen is no proof that there was none, unless the namespace itself was read.
        isWhole &= network.OtherLinks is not null || _removedAny || _links.Exists(link => link.LeadsOut);
        long rx = Add(_removedRx - _reportedRx, network.RxBytes), tx = Add(_removedTx - _reportedTx, network.TxBytes);
        foreach (Counted link in _links)
        {
            if (!link.LeadsOut) continue;
            int at = Array.IndexOf(links.Indexes, link.Index);
            if (at >= 0 && ((network.LinksRead >> at) & 1) != 0)
            {
                isOver &= link.RxIsFinal && link.TxIsFinal;
                continue;
            }

            rx = Add(rx, link.Rx);
            tx = Add(tx, link.Tx);
            bool isFinal = link.RxIsFinal && link.TxIsFinal;
            isWhole &= isFinal;
            isOver &= isFinal;
            mayBecomeWhole |= (!link.RxIsFinal && link.Peer > 0) || (!link.TxIsFinal && hearsInside && Number >= 0);
        }

        return new NetworkTotals(Math.Max(rx, 0), Math.Max(tx, 0), isWhole, isOver, mayBecomeWhole && !isWhole);
    }

    /// <summary>Remembers what was reported of the owner that has exited: the next one's totals begin there.</summary>
    internal void SetReported(NetworkTotals totals)
    {
        _reportedRx = Add(_reportedRx, totals.RxBytes);
        _reportedTx = Add(_reportedTx, totals.TxBytes);
    }

    private void UpdateLink(NamespaceLink seen)
    {
        Counted? link = _links.Find(one => one.Index == seen.Index);
        if (link is null)
        {
            // An interface that does not lead out is remembered as long as it is there.
            link = new Counted(seen.Index);
            _links.Add(link);
        }
        else if (link.LeadsOut && (link.RxIsFinal || link.TxIsFinal))
        {
            // It was removed, and comes back: with its counters if it was elsewhere meanwhile, else from zero.
            if (seen.RxBytes < link.Rx || seen.TxBytes < link.Tx) Fold(link);
            link.RxIsFinal = link.TxIsFinal = false;
        }

        link.IsPresent = true;
        link.LeadsOut = seen.LeadsOut;
        link.Peer = seen.Peer;
        link.Texts = seen.Peer > 0 ? [Encoding.Latin1.GetBytes(seen.PeerName)] : [];
        link.Rx = seen.RxBytes;
        link.Tx = seen.TxBytes;
    }

    /// <summary>Adds up what is gone, so that interfaces that come and go take no memory.</summary>
    private void FoldRemoved()
    {
        int awaited = _links.Count(link => link is { IsPresent: false, LeadsOut: true } && !(link.RxIsFinal && link.TxIsFinal));
        for (int i = 0; i < _links.Count;)
        {
            Counted link = _links[i];
            bool isFinal = link.RxIsFinal && link.TxIsFinal;
            if (link.IsPresent || (link.LeadsOut && !isFinal && awaited <= MaxAwaited))
            {
                i++;
                continue;
            }

            if (link.LeadsOut) Fold(link);
            if (link.LeadsOut && !isFinal) awaited--;
            _links.RemoveAt(i);
        }
    }

    private void Fold(Counted link)
    {
        _removedRx = Add(_removedRx, link.Rx);
        _removedTx = Add(_removedTx, link.Tx);
        _removedAny = true;
        _removedIsWhole &= link.RxIsFinal && link.TxIsFinal;
    }

    private static bool IsName(string name, ReadOnlySpan<byte> key)
    {
        if (name.Length != key.Length) return false;
        for (int i = 0; i < key.Length; i++)
        {
            if (name[i] != key[i]) return false;
        }

        return true;
    }

    private static long Add(long sum, long value) => value > long.MaxValue - Math.Max(sum, 0) ? long.MaxValue : sum + value;

    private static long Clamped(ulong value) => value > long.MaxValue ? long.MaxValue : (long)value;
}
