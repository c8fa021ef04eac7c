namespace NsCollector.Deliver.Spool;

/// <summary>
/// The order of the parcels that wait for one server, and how much they take. Not thread-safe: <see cref="SpoolQueue"/> guards it.
/// <para>
/// There are two lanes: what was left behind (found at the start, or collected while the server was down), and what was
/// collected while the server is up. Within each, parcels are ordered by rank, which is the order of collection. Each lane keeps
/// files and parcels in memory apart, so that the oldest of either kind is found without a search.
/// </para>
/// </summary>
internal sealed class SpoolLanes
{
    private readonly Lane _backlog = new();
    private readonly Lane _live = new();
    private long _firstRank;
    private long _lastRank;

    /// <summary>The parcel that is being sent; it counts, but waits in no lane.</summary>
    internal SpoolEntry? InFlight { get; private set; }

    /// <summary>How many parcels there are.</summary>
    internal int Count => _backlog.Count + _live.Count + (InFlight is null ? 0 : 1);

    /// <summary>The compressed bytes of those on disk.</summary>
    internal long DiskBytes { get; private set; }

    /// <summary>The compressed bytes of those in memory.</summary>
    internal long MemoryBytes { get; private set; }

    internal bool HasLive => _live.Count > 0;

    internal bool HasBacklog => _backlog.Count > 0;

    /// <summary>The oldest that waits.</summary>
    internal SpoolEntry? Oldest => _backlog.First ?? _live.First;

    /// <summary>The oldest file that waits.</summary>
    internal SpoolEntry? OldestOnDisk => _backlog.OnDisk.Min ?? _live.OnDisk.Min;

    /// <summary>The oldest parcel in memory that waits.</summary>
    internal SpoolEntry? OldestInMemory => _backlog.InMemory.Min ?? _live.InMemory.Min;

    private long? OldestCollectedMs
    {
        get
        {
            long oldest = Math.Min(InFlight?.CollectedMs ?? long.MaxValue, Math.Min(_backlog.First?.CollectedMs ?? long.MaxValue, _live.First?.CollectedMs ?? long.MaxValue));
            return oldest == long.MaxValue ? null : oldest;
        }
    }

    /// <summary>Adds the newest parcel.</summary>
    internal void Add(SpoolEntry entry, bool isBacklog)
    {
        entry.Rank = ++_lastRank;
        (isBacklog ? _backlog : _live).Add(entry);
        Account(entry, +1);
    }

    /// <summary>Adds a parcel that is older than all that were added.</summary>
    internal void AddOldest(SpoolEntry entry)
    {
        entry.Rank = --_firstRank;
        _backlog.Add(entry);
        Account(entry, +1);
    }

    /// <summary>Every parcel, in no order.</summary>
    internal IEnumerable<SpoolEntry> All() =>
        (InFlight is { } inFlight ? [inFlight] : Enumerable.Empty<SpoolEntry>()).Concat(_backlog.All()).Concat(_live.All());

    /// <summary>Takes out the oldest of a lane, which must have one; it counts until <see cref="RemoveInFlight"/>.</summary>
    internal SpoolEntry Dequeue(bool isBacklog)
    {
        Lane lane = isBacklog ? _backlog : _live;
        SpoolEntry entry = lane.First!;
        lane.Remove(entry);
        return InFlight = entry;
    }

    /// <summary>Puts the parcel that is in flight back to where it was among those left behind.</summary>
    /// <param name="entry">The parcel.</param>
    /// <param name="last">Whether all others go before it.</param>
    internal void Requeue(SpoolEntry entry, bool last)
    {
        InFlight = null;
        if (last) entry.Rank = ++_lastRank;
        _backlog.Add(entry);
    }

    /// <summary>Forgets the parcel that is in flight.</summary>
    internal void RemoveInFlight(SpoolEntry entry)
    {
        InFlight = null;
        Account(entry, -1);
    }

    /// <summary>Forgets a parcel that waits.</summary>
    internal void Drop(SpoolEntry entry)
    {
        (entry.Lane ?? throw new InvalidOperationException("The parcel does not wait.")).Remove(entry);
        Account(entry, -1);
    }

    /// <summary>Leaves behind all that was collected while the server was up.</summary>
    internal void MoveToBacklog()
    {
        while (_live.First is { } entry)
        {
            _live.Remove(entry);
            _backlog.Add(entry);
        }
    }

    /// <summary>Records that a parcel in memory has a file now.</summary>
    /// <returns>Whether it still waits; otherwise nothing changes.</returns>
    internal bool TryMoveToDisk(SpoolEntry entry)
    {
        if (entry.Lane is not { } lane) return false;
        lane.Remove(entry);
        Account(entry, -1);
        entry.Memory = null;
        lane.Add(entry);
        Account(entry, +1);
        return true;
    }

    /// <summary>Reports what waits now.</summary>
    internal void Publish(SinkCounters counters)
    {
        TimeSpan? oldest = OldestCollectedMs is { } collectedMs ? TimeSpan.FromMilliseconds(Environment.TickCount64 - collectedMs) : null;
        counters.Waiting(Count, DiskBytes, oldest);
    }

    private void Account(SpoolEntry entry, int sign)
    {
        if (entry.Memory is null) DiskBytes += sign * (long)entry.CompressedBytes;
        else MemoryBytes += sign * (long)entry.CompressedBytes;
    }

    /// <summary>Parcels by rank, files and parcels in memory apart.</summary>
    internal sealed class Lane
    {
        private static readonly Comparer<SpoolEntry> ByRank = Comparer<SpoolEntry>.Create(static (a, b) => a.Rank.CompareTo(b.Rank));

        internal SortedSet<SpoolEntry> OnDisk { get; } = new(ByRank);

        internal SortedSet<SpoolEntry> InMemory { get; } = new(ByRank);

        internal int Count => OnDisk.Count + InMemory.Count;

        internal SpoolEntry? First => (OnDisk.Min, InMemory.Min) switch
        {
            (null, var memory) => memory,
            (var disk, null) => disk,
            (var disk, var memory) => disk.Rank < memory.Rank ? disk : memory,
        };

        internal IEnumerable<SpoolEntry> All() => OnDisk.Concat(InMemory);

        internal void Add(SpoolEntry entry)
        {
            (entry.Memory is null ? OnDisk : InMemory).Add(entry);
            entry.Lane = this;
        }

        internal void Remove(SpoolEntry entry)
        {
            (entry.Memory is null ? OnDisk : InMemory).Remove(entry);
            entry.Lane = null;
        }
    }
}
