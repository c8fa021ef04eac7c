using System.Collections.Immutable;
using NsCollector.Discover;

namespace NsCollector.Sample.Net;

/// <summary>
/// Decides which container owns each network namespace, so that a shared one is visited once. The owner is the container
/// whose init process started first (a pod's sandbox); of two that started at the same time, the one discovered first. It
/// remains the owner until it exits, so that its series do not become another container's; then the oldest one left is.
/// Containers in the host's namespace own none.
/// </summary>
/// <remarks>For the sampling thread. It groups again only when the list or a namespace has changed; a steady cycle allocates nothing.</remarks>
/// <param name="visitor">Identifies namespaces.</param>
internal sealed class NetworkNamespaces(NetworkVisitor visitor)
{
    /// <summary>
    /// While an init process is younger than this, its namespace is identified again each cycle: a runtime's helper starts in
    /// the host's namespace and enters the container's a little later.
    /// </summary>
    private const long YoungNs = 30_000_000_000;

    private sealed class Entry
    {
        internal long Key;
        internal ProcessDirectory? Init;
        internal ulong Identity;
        internal long FirstSeenNs;
        internal int Owner;

        /// <summary>The namespace that it owned when the containers were last grouped; 0 if none.</summary>
        internal ulong Owned;
    }

    private readonly Dictionary<ulong, int> _ownerByIdentity = [];
    private Entry[] _entries = [];
    private int[] _owners = [];
    private long _generation = long.MinValue;
    private int _nextSteady;
    private bool _changed;

    /// <summary>How many namespaces to visit.</summary>
    public int Count { get; private set; }

    /// <summary>Indexes into the list of the last <see cref="Update"/>: the containers that own a namespace, ascending.</summary>
    public ReadOnlySpan<int> Owners => _owners.AsSpan(0, Count);

    /// <summary>The index of the container that owns the namespace of the one at <paramref name="index"/>; -1 if that is the host's own or not known.</summary>
    public int OwnerOf(int index) => (uint)index < (uint)_entries.Length ? _entries[index].Owner : -1;

    /// <summary>The key of the container that was at <paramref name="index"/> at the last <see cref="Update"/>; 0 if there was none.</summary>
    public long KeyOf(int index) => (uint)index < (uint)_entries.Length ? _entries[index].Key : 0;

    /// <summary>The identity of the namespace that the container at <paramref name="index"/> is in; 0 if it is not known.</summary>
    public ulong IdentityOf(int index) => (uint)index < (uint)_entries.Length ? _entries[index].Identity : 0;

    /// <summary>A container has exited. If it starts again in its namespace, the oldest of the others is the owner.</summary>
    public void OnExit(long key)
    {
        foreach (Entry entry in _entries)
        {
            if (entry.Key != key) continue;
            entry.Owned = 0;
            _changed = true;
        }
    }

    /// <summary>Whether a living process of another container than <paramref name="key"/> is in a namespace.</summary>
    public bool IsShared(ulong identity, long key)
    {
        if (identity == 0) return false;
        foreach (Entry entry in _entries)
        {
            if (entry.Key != key && entry.Identity == identity && entry.Init is { } init && visitor.IdentityOf(init) == identity) return true;
        }

        return false;
    }

    /// <summary>Grows whenever owners may have changed.</summary>
    public int Version { get; private set; }

    /// <summary>
    /// Whether the container at <paramref name="index"/> is known to be in a namespace that it does not own: another
    /// container's or the host's. False if its namespace is not known, for example because its process has exited.
    /// </summary>
    public bool IsElsewhere(int index) => (uint)index < (uint)_entries.Length && _entries[index].Identity != 0 && _entries[index].Owner != index;

    /// <summary>Applies a list and identifies the namespaces that are new, young or uncertain. Call it at the start of each cycle.</summary>
    /// <param name="list">The list of this cycle.</param>
    /// <param name="nowNs">CLOCK_BOOTTIME, in nanoseconds.</param>
    /// <param name="newOnly">Between cycles: only the namespaces of new containers are identified.</param>
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

        if (!newOnly) IdentifyAgain(nowNs);
        if (_changed) Group();
    }

    /// <summary>
    /// Records the results of a visit. If a process was in another namespace than the recorded one, the next
    /// <see cref="Update"/> groups again. If that namespace already has an owner, the target's network readings are cleared,
    /// so that none is reported twice.
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

    /// <summary>Identifies the namespace of one container again. <see cref="Update"/> then groups again if it has changed.</summary>
    /// <returns>0 if it is the host's, or not known.</returns>
    public ulong FindAgain(long key)
    {
        foreach (Entry entry in _entries)
        {
            if (entry.Key != key || entry.Init is null) continue;
            Identify(entry);
            return visitor.IsHost(entry.Identity) ? 0 : entry.Identity;
        }

        return 0;
    }

    /// <summary>Whether a container owned a namespace at the last <see cref="Update"/>.</summary>
    public bool IsOwned(ulong identity) => _ownerByIdentity.ContainsKey(identity);

    private void IdentifyAgain(long nowNs)
    {
        for (int i = 0; i < _entries.Length; i++)
        {
            Entry entry = _entries[i];
            if (entry.Init is null) continue;
            long since = entry.Init.StartedBoottimeNs > 0 ? entry.Init.StartedBoottimeNs : entry.FirstSeenNs;
            bool isVisited = entry.Owner == i && !_changed;
            if (entry.Identity == 0 || (!isVisited && nowNs - since < YoungNs)) Identify(entry);
        }

        // Any process may enter another namespace at any time. An owner's visit shows that; of the others, one is identified
        // each cycle.
        if (_entries.Length > 0)
        {
            if (++_nextSteady >= _entries.Length) _nextSteady = 0;
            Entry entry = _entries[_nextSteady];
            if (entry.Init is not null && entry.Owner != _nextSteady) Identify(entry);
        }
    }

    private void Identify(Entry entry)
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
                // Another init process of the same life: the first one seen was a helper of the runtime.
                entry = new Entry { Key = container.Key, Init = container.Init, FirstSeenNs = nowNs, Owned = entry?.Owned ?? 0 };
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
            if (!_ownerByIdentity.TryGetValue(entry.Identity, out int owner) || IsBefore(entry, _entries[owner])) _ownerByIdentity[entry.Identity] = i;
        }

        Count = 0;
        for (int i = 0; i < _entries.Length; i++)
        {
            Entry entry = _entries[i];
            entry.Owner = _ownerByIdentity.TryGetValue(entry.Identity, out int owner) ? owner : -1;
            bool isOwner = entry.Owner == i;
            if (isOwner) _owners[Count++] = i;

            // While it is not known where its process is, another one may own the namespace: then it is not taken back.
            entry.Owned = isOwner ? entry.Identity : 0;
        }

        _changed = false;
        Version++;
    }

    // Entries are in the order of Key, so of two that started at the same time the first remains.
    private static bool IsBefore(Entry one, Entry other)
    {
        bool owned = one.Owned == one.Identity, otherOwned = other.Owned == other.Identity;
        return owned == otherOwned ? Started(one) < Started(other) : owned;
    }

    private static long Started(Entry entry) => entry.Init is { StartedBoottimeNs: > 0 } init ? init.StartedBoottimeNs : long.MaxValue;
}
