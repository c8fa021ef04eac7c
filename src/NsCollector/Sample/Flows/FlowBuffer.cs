using System.Numerics;

namespace NsCollector.Sample.Flows;

/// <summary>
/// The sums of one interval, in a hash table of fixed size. A namespace may fill a quarter of it, so that one with many remotes leaves
/// room for others. Connections without room are summed up for each namespace and direction.
/// </summary>
/// <param name="index">Which of the two buffers this is.</param>
/// <param name="capacity">Maximum entries.</param>
internal sealed class FlowBuffer(int index, int capacity)
{
    private const int LeastShare = 64;

    private readonly FlowEntry[] _entries = new FlowEntry[capacity];
    private readonly int _maxOfNamespace = Math.Max(Math.Min(LeastShare, capacity), capacity / 4);

    // The index of an entry plus 1; 0 is empty. At most half of it is in use.
    private readonly int[] _slots = new int[BitOperations.RoundUpToPowerOf2((uint)capacity * 2)];
    private int _count;

    /// <summary>The number of the interval, from 1 on.</summary>
    internal long Generation { get; private set; }

    /// <summary>When it began, on the monotonic clock.</summary>
    internal long BeganNs { get; private set; }

    /// <summary>Its length in nanoseconds, once it has ended.</summary>
    internal long LengthNs { get; private set; }

    /// <summary>Closed connections of the whole host that were lost in it.</summary>
    internal long Lost { get; private set; }

    /// <summary>The entries in use.</summary>
    internal ReadOnlySpan<FlowEntry> Entries => _entries.AsSpan(0, _count);

    /// <summary>Removes everything and begins an interval.</summary>
    internal void Begin(long generation, long nowNs)
    {
        Generation = generation;
        BeganNs = nowNs;
        LengthNs = 0;
        Lost = 0;

        // The references to namespaces go too.
        Array.Clear(_entries, 0, _count);
        if (_count > 0) Array.Clear(_slots);
        _count = 0;
    }

    /// <summary>Ends the interval.</summary>
    internal void End(long nowNs, long lost)
    {
        LengthNs = nowNs - BeganNs;
        Lost = lost;
    }

    /// <summary>What a namespace has in this interval; null if nothing.</summary>
    internal FlowList? ListOf(FlowNamespace owner) => owner.Lists[index] is { } list && list.Generation == Generation ? list : null;

    /// <summary>Adds what a namespace has in another interval.</summary>
    internal void AddAll(FlowBuffer other, FlowNamespace owner)
    {
        if (other.ListOf(owner) is not { } list) return;
        for (int i = list.First; i >= 0; i = other._entries[i].Next) SumsOf(owner, in other._entries[i].Key, out _).Add(in other._entries[i].Sums);
        FlowList own = owner.Lists[index];
        own.Begin(Generation);
        for (FlowDirection direction = FlowDirection.Unknown; direction <= FlowDirection.Out; direction++) own.Other(direction).Add(in list.Other(direction));
    }

    /// <summary>Removes what a namespace has; its entries stay, without sums.</summary>
    internal void Remove(FlowNamespace owner)
    {
        if (ListOf(owner) is not { } list) return;
        for (int i = list.First; i >= 0; i = _entries[i].Next) _entries[i].Sums = default;
        for (FlowDirection direction = FlowDirection.Unknown; direction <= FlowDirection.Out; direction++) list.Other(direction) = default;
    }

    /// <summary>Where connections with this key are summed up.</summary>
    /// <param name="owner">The namespace.</param>
    /// <param name="key">The key.</param>
    /// <param name="isOther">Whether there is no room for the key.</param>
    internal ref FlowSums SumsOf(FlowNamespace owner, in FlowKey key, out bool isOther)
    {
        FlowList list = owner.Lists[index];
        list.Begin(Generation);
        isOther = false;
        int mask = _slots.Length - 1;
        int slot = HashCode.Combine(owner, key.High, key.Low, key.Port, key.Direction) & mask;
        for (; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            ref FlowEntry entry = ref _entries[_slots[slot] - 1];
            if (ReferenceEquals(entry.Namespace, owner) && entry.Key == key) return ref entry.Sums;
        }

        if (_count == capacity || list.Count == _maxOfNamespace)
        {
            isOther = true;
            return ref list.Other(key.Direction);
        }

        ref FlowEntry added = ref _entries[_count++];
        _slots[slot] = _count;
        added = new FlowEntry { Namespace = owner, Key = key, Next = list.First };
        list.First = _count - 1;
        list.Count++;
        return ref added.Sums;
    }
}
