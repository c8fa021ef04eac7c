using System.Collections.Immutable;
using NsCollector.Discover;

namespace NsCollector.Sample.Net;

/// <summary>
/// Which container owns which network namespace, so that a shared one is visited once: the owner is the container whose
/// init process started first (a pod's sandbox), of two that started together the one discovered first. Containers in
/// the host's own namespace own none.
/// </summary>
/// <remarks>For the sampling thread. It groups anew only when the list or an answer has changed; a steady cycle allocates nothing.</remarks>
/// <param name="visitor">Tells namespaces apart.</param>
internal sealed class NetworkNamespaces(NetworkVisitor visitor)
{
    /// <summary>
    /// As long as an init process is younger than this, its namespace is asked for again each cycle: a runtime's helper
    /// starts in the host's namespace and enters the container's a little later.
    /// </summary>
    private const long YoungNs = 30_000_000_000;

    private sealed class Entry
    {
        internal long Key;
        internal ProcessDirectory? Init;
        internal ulong Identity;
        internal long FirstSeenNs;
        internal int Owner;
    }

    private readonly Dictionary<ulong, int> _ownerByIdentity = [];
    private Entry[] _entries = [];
    private int[] _owners = [];
    private long _generation = long.MinValue;
    private int _nextSteady;
    private bool _changed;

    /// <summary>How many namespaces there are to visit.</summary>
    public int Count { get; private set; }

    /// <summary>Indexes into the list of the last <see cref="Update"/>: the containers that own a namespace, ascending.</summary>
    public ReadOnlySpan<int> Owners => _owners.AsSpan(0, Count);

    /// <summary>The index of the container that owns the namespace of the one at <paramref name="index"/>; -1 where that is the host's own, or not known.</summary>
    public int OwnerOf(int index) => (uint)index < (uint)_entries.Length ? _entries[index].Owner : -1;

    /// <summary>Grows whenever owners may have changed.</summary>
    public int Version { get; private set; }

    /// <summary>
    /// Whether the container at <paramref name="index"/> is known to be in a namespace that is not its own: another's, or
    /// the host's. False also where its namespace is not known, as when its process has ended.
    /// </summary>
    public bool IsElsewhere(int index) => (uint)index < (uint)_entries.Length && _entries[index].Identity != 0 && _entries[index].Owner != index;

    /// <summary>Takes a list in and asks for the namespaces that are new, young or in doubt. To be called at the start of each cycle.</summary>
    /// <param name="list">The list that this cycle works with.</param>
    /// <param name="nowNs">Nanoseconds since the epoch.</param>
    /// <param name="newOnly">Between cycles: only those of containers that are new in the list are asked for.</param>
    public void Update(ContainerList list, long nowNs, bool newOnly = false)
    {
        ArgumentNullException.ThrowIfNull(list);
        if (visitor.Mode == NetworkMode.Off) return;
        if (list.Generation != _generation)
        {
            Merge(list.Containers, nowNs);
            _generation = list.Generation;
            _changed = true;
        }

        if (!newOnly) AskAgain(nowNs);
        if (_changed) Group();
    }

    /// <summary>
    /// Takes the answers of a visit in. Where a process was found in another namespace than the recorded one, the next
    /// <see cref="Update"/> groups anew; if that namespace has an owner already, the target's network readings are
    /// cleared, so that none is reported twice.
    /// </summary>
    /// <param name="visited">The targets, each with its <see cref="NetworkTarget.ContainerIndex"/> in the list of the last <see cref="Update"/>.</param>
    public void Record(ReadOnlySpan<NetworkTarget> visited)
    {
        foreach (NetworkTarget target in visited)
        {
            if (target.Result is NetworkVisitResult.None or NetworkVisitResult.Failed) continue;
            if ((uint)target.ContainerIndex >= (uint)_entries.Length) continue;
            Entry entry = _entries[target.ContainerIndex];
            if (!ReferenceEquals(entry.Init, target.Init)) continue;
            ulong found = target.Result == NetworkVisitResult.ProcessGone ? 0 : target.NamespaceInode;
            if (found == entry.Identity) continue;

            entry.Identity = found;
            _changed = true;
            if (found != 0 && _ownerByIdentity.TryGetValue(found, out int owner) && owner != target.ContainerIndex)
            {
                target.Sample?.ClearNetwork();
                target.Result = NetworkVisitResult.None;
            }
        }
    }

    private void AskAgain(long nowNs)
    {
        for (int i = 0; i < _entries.Length; i++)
        {
            Entry entry = _entries[i];
            if (entry.Init is null) continue;
            long since = entry.Init.StartedAtNs > 0 ? entry.Init.StartedAtNs : entry.FirstSeenNs;
            bool isVisited = entry.Owner == i && !_changed;
            if (entry.Identity == 0 || (!isVisited && nowNs - since < YoungNs)) Ask(entry);
        }

        // Any process may enter another namespace at any time. Of an owner the visit tells; of the others one a cycle is asked.
        if (_entries.Length > 0)
        {
            if (++_nextSteady >= _entries.Length) _nextSteady = 0;
            Entry entry = _entries[_nextSteady];
            if (entry.Init is not null && entry.Owner != _nextSteady) Ask(entry);
        }
    }

    private void Ask(Entry entry)
    {
        ulong identity = visitor.IdentityOf(entry.Init!);
        if (identity == entry.Identity) return;
        entry.Identity = identity;
        _changed = true;
    }

    private void Merge(ImmutableArray<Container> containers, long nowNs)
    {
        // Both are in the order of Key.
        var entries = new Entry[containers.Length];
        int old = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            Container container = containers[i];
            while (old < _entries.Length && _entries[old].Key < container.Key) old++;
            Entry? entry = old < _entries.Length && _entries[old].Key == container.Key ? _entries[old] : null;
            if (entry is null || !ReferenceEquals(entry.Init, container.Init))
            {
                entry = new Entry { Key = container.Key, Init = container.Init, FirstSeenNs = nowNs };
                if (entry.Init is not null) entry.Identity = visitor.IdentityOf(entry.Init);
            }

            entries[i] = entry;
        }

        _entries = entries;
        if (_owners.Length < entries.Length) _owners = new int[entries.Length];
    }

    private void Group()
    {
        _ownerByIdentity.Clear();
        for (int i = 0; i < _entries.Length; i++)
        {
            Entry entry = _entries[i];
            if (entry.Identity == 0 || visitor.IsHost(entry.Identity)) continue;
            if (!_ownerByIdentity.TryGetValue(entry.Identity, out int owner) || StartedBefore(entry, _entries[owner]))
                _ownerByIdentity[entry.Identity] = i;
        }

        Count = 0;
        for (int i = 0; i < _entries.Length; i++)
        {
            Entry entry = _entries[i];
            entry.Owner = _ownerByIdentity.TryGetValue(entry.Identity, out int owner) ? owner : -1;
            if (entry.Owner == i) _owners[Count++] = i;
        }

        _changed = false;
        Version++;
    }

    // Entries come in the order of Key, so of two that started together the first one stays.
    private static bool StartedBefore(Entry one, Entry other) => Started(one) < Started(other);

    private static long Started(Entry entry) => entry.Init is { StartedAtNs: > 0 } init ? init.StartedAtNs : long.MaxValue;
}
