namespace NsCollector.Deliver.Spool;

/// <summary>
/// The order of the spool files that wait for one server, and their size. Not thread-safe: <see cref="SpoolQueue"/> guards it.
/// <para>
/// There are two lanes: the backlog (found at the start, or collected while the server was down), and live files (collected
/// while the server is up). Within a lane, files are ordered by rank, which is the order of collection. Each lane keeps files on
/// disk and in memory separate, so that the oldest of either is found without a search.
/// </para>
/// </summary>
internal sealed class SpoolLanes
{
    private readonly Lane _backlog = new();
    private readonly Lane _live = new();
    private long _firstRank;
    private long _lastRank;

    /// <summary>The spool file that is being sent; it counts, but is in no lane.</summary>
    internal SpoolEntry? InFlight { get; private set; }

    /// <summary>The number of spool files, including the one in flight.</summary>
    internal int Count => _backlog.Count + _live.Count + (InFlight is null ? 0 : 1);

    /// <summary>The compressed bytes of those on disk.</summary>
    internal long DiskBytes { get; private set; }

    /// <summary>The compressed bytes of those in memory.</summary>
    internal long MemoryBytes { get; private set; }

    internal bool HasLive => _live.Count > 0;

    internal bool HasBacklog => _backlog.Count > 0;

    /// <summary>Whether the first spool file of the backlog is before the first live one. Neither lane is empty.</summary>
    internal bool IsBacklogOlder => _backlog.First!.Rank < _live.First!.Rank;

    /// <summary>The oldest waiting spool file.</summary>
    internal SpoolEntry? Oldest => _backlog.First ?? _live.First;

    /// <summary>The oldest waiting spool file on disk.</summary>
    internal SpoolEntry? OldestOnDisk => _backlog.OnDisk.Min ?? _live.OnDisk.Min;

    /// <summary>The oldest waiting spool file in memory.</summary>
    internal SpoolEntry? OldestInMemory => _backlog.InMemory.Min ?? _live.InMemory.Min;

    private long? OldestCollectedMs
    {
        get
        {
            long oldest = Math.Min(InFlight?.CollectedMs ?? long.MaxValue, Math.Min(_backlog.First?.CollectedMs ?? long.MaxValue, _live.First?.CollectedMs ?? long.MaxValue));
            return oldest == long.MaxValue ? null : oldest;
        }
    }

    /// <summary>Adds the newest spool file.</summary>
    internal void Add(SpoolEntry entry, bool isBacklog)
    {
        entry.Rank = ++_lastRank;
        (isBacklog ? _backlog : _live).Add(entry);
        Account(entry, +1);
    }

    /// <summary>Adds a spool file that is older than all others.</summary>
    internal void AddOldest(SpoolEntry entry)
    {
        entry.Rank = --_firstRank;
        _backlog.Add(entry);
        Account(entry, +1);
    }

    /// <summary>All spool files, in no order.</summary>
    internal IEnumerable<SpoolEntry> All() =>
        (InFlight is { } inFlight ? [inFlight] : Enumerable.Empty<SpoolEntry>()).Concat(_backlog.All()).Concat(_live.All());

    /// <summary>Dequeues the oldest of a lane that is not empty. It counts until <see cref="RemoveInFlight"/>.</summary>
    internal SpoolEntry Dequeue(bool isBacklog)
    {
        Lane lane = isBacklog ? _backlog : _live;
        SpoolEntry entry = lane.First!;
        lane.Remove(entry);
        return InFlight = entry;
    }

    /// <summary>Returns the spool file in flight to its place in the backlog.</summary>
    /// <param name="entry">The spool file.</param>
    /// <param name="last">Whether to put it behind all others.</param>
    internal void Requeue(SpoolEntry entry, bool last)
    {
        InFlight = null;
        if (last) entry.Rank = ++_lastRank;
        _backlog.Add(entry);
    }

    /// <summary>Removes the spool file in flight.</summary>
    internal void RemoveInFlight(SpoolEntry entry)
    {
        InFlight = null;
        Account(entry, -1);
    }

    /// <summary>Removes a waiting spool file.</summary>
    internal void Drop(SpoolEntry entry)
    {
        (entry.Lane ?? throw new InvalidOperationException("The spool file does not wait.")).Remove(entry);
        Account(entry, -1);
    }

    /// <summary>Moves all live files to the backlog.</summary>
    internal void MoveToBacklog()
    {
        while (_live.First is { } entry)
        {
            _live.Remove(entry);
            _backlog.Add(entry);
        }
    }

    /// <summary>Records that a spool file in memory is on disk now.</summary>
    /// <returns>Whether it still waits; if not, nothing changes.</returns>
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

    /// <summary>Updates the counters of what waits.</summary>
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

    /// <summary>Spool files by rank, those on disk and in memory separate.</summary>
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
