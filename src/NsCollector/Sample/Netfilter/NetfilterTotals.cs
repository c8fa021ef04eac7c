using System.Runtime.InteropServices;

namespace NsCollector.Sample.Netfilter;

/// <summary>
/// The counters of one network namespace, from reading to reading, so that one whose rules have not changed allocates nothing. Rules
/// with the same name in the same chain are added up.
/// </summary>
/// <remarks>For one thread. The names are those that a container has chosen.</remarks>
/// <param name="limit">Maximum counters; further ones are left out and counted.</param>
internal sealed class NetfilterTotals(int limit)
{
    private static readonly byte[][] Sources = ["nftables"u8.ToArray(), "nfacct"u8.ToArray(), "iptables"u8.ToArray(), "ip6tables"u8.ToArray()];

    private readonly List<NetfilterTotal> _totals = [];

    // By hash: the index of a total plus 1; 0 is free. Its length is a power of 2, at least twice the number of totals.
    private int[] _index = new int[16];

    // The rules of a namespace are in the same order each time.
    private int _next;
    private int _present;

    /// <summary>The counters; those of the last reading first, then in the order of the kernel.</summary>
    internal NetfilterTotal this[int index] => _totals[index];

    /// <summary>Their number.</summary>
    internal int Count => _totals.Count;

    /// <summary>How many rules and objects the current reading left out because of the limit.</summary>
    internal int LeftOut { get; private set; }

    /// <summary>Begins a reading.</summary>
    internal void Begin()
    {
        foreach (NetfilterTotal total in _totals)
        {
            total.IsPresent = false;
            total.Packets = 0;
            total.Bytes = 0;
            total.Rules = 0;
        }

        _next = 0;
        _present = 0;
        LeftOut = 0;
    }

    /// <summary>Adds a rule or an object. One without a name is left out.</summary>
    /// <param name="source">Where it is from.</param>
    /// <param name="family">The name of its family; empty for none.</param>
    /// <param name="table">Its table; empty for none.</param>
    /// <param name="chain">Its chain; empty for none.</param>
    /// <param name="name">The comment, or the name of the object.</param>
    /// <param name="packets">Packets that it has counted.</param>
    /// <param name="bytes">Bytes that it has counted.</param>
    /// <param name="rules">1, or how many rules refer to the object.</param>
    internal void Add(NetfilterSource source, ReadOnlySpan<byte> family, ReadOnlySpan<byte> table, ReadOnlySpan<byte> chain, ReadOnlySpan<byte> name, ulong packets, ulong bytes, long rules)
    {
        if (name.IsEmpty) return;
        if (Find(source, family, table, chain, name) is not { } total || (!total.IsPresent && _present >= limit))
        {
            LeftOut++;
            return;
        }

        _present += total.IsPresent ? 0 : 1;
        total.IsPresent = true;
        total.Packets = unchecked(total.Packets + packets);
        total.Bytes = unchecked(total.Bytes + bytes);
        total.Rules += rules;
    }

    /// <summary>Ends a reading: forgets the counters that it does not have.</summary>
    internal void End()
    {
        if (_present == _totals.Count) return;
        _totals.RemoveAll(static total => !total.IsPresent);
        Rebuild(_index.Length);
    }

    /// <summary>The counters are those of another namespace.</summary>
    internal void Clear()
    {
        _totals.Clear();
        _present = 0;
        Array.Clear(_index);
    }

    private NetfilterTotal? Find(NetfilterSource source, ReadOnlySpan<byte> family, ReadOnlySpan<byte> table, ReadOnlySpan<byte> chain, ReadOnlySpan<byte> name)
    {
        byte[] sourceName = Sources[(int)source];
        if (_next < _totals.Count && Is(_totals[_next], sourceName, family, table, chain, name)) return _totals[_next++];
        int hash = HashOf(source, family, table, chain, name);
        int slot = hash & (_index.Length - 1);
        for (; _index[slot] != 0; slot = (slot + 1) & (_index.Length - 1))
        {
            NetfilterTotal total = _totals[_index[slot] - 1];
            if (total.Hash != hash || !Is(total, sourceName, family, table, chain, name)) continue;
            _next = _index[slot];
            return total;
        }

        // Those of the last reading that are gone leave room at its end.
        if (_present >= limit || _totals.Count >= 2L * limit) return null;

        var added = new NetfilterTotal(name.ToArray(), TagsOf(sourceName, family, table, chain), hash);
        _totals.Add(added);
        _next = _totals.Count;
        if (2 * _totals.Count > _index.Length) Rebuild(2 * _index.Length);
        else _index[slot] = _totals.Count;
        return added;
    }

    private static bool Is(NetfilterTotal total, byte[] source, ReadOnlySpan<byte> family, ReadOnlySpan<byte> table, ReadOnlySpan<byte> chain, ReadOnlySpan<byte> name) =>
        name.SequenceEqual(total.Name) && HasTags(total.Tags, source, family, table, chain);

    private static bool HasTags(byte[][] tags, byte[] source, ReadOnlySpan<byte> family, ReadOnlySpan<byte> table, ReadOnlySpan<byte> chain) =>
        ReferenceEquals(tags[3], source) && chain.SequenceEqual(tags[2]) && table.SequenceEqual(tags[1]) && family.SequenceEqual(tags[0]);

    // With a seed of the process, so that a container cannot choose names whose hashes are equal.
    private static int HashOf(NetfilterSource source, ReadOnlySpan<byte> family, ReadOnlySpan<byte> table, ReadOnlySpan<byte> chain, ReadOnlySpan<byte> name)
    {
        var hash = default(HashCode);
        hash.AddBytes(name);
        hash.AddBytes(chain);
        hash.AddBytes(table);
        hash.AddBytes(family);
        hash.Add((int)source);
        hash.Add(name.Length);
        hash.Add(chain.Length);
        return hash.ToHashCode();
    }

    // The counters of a chain follow one another and share its tags.
    private byte[][] TagsOf(byte[] source, ReadOnlySpan<byte> family, ReadOnlySpan<byte> table, ReadOnlySpan<byte> chain)
    {
        byte[][]? last = _totals.Count > 0 ? _totals[^1].Tags : null;
        if (last is not null && HasTags(last, source, family, table, chain)) return last;
        byte[] sharedTable = last is not null && table.SequenceEqual(last[1]) ? last[1] : table.ToArray();
        byte[] sharedFamily = last is not null && family.SequenceEqual(last[0]) ? last[0] : family.ToArray();
        return [sharedFamily, sharedTable, chain.ToArray(), source];
    }

    private void Rebuild(int length)
    {
        if (length == _index.Length) Array.Clear(_index);
        else _index = new int[length];
        for (int i = 0; i < _totals.Count; i++)
        {
            int slot = CollectionsMarshal.AsSpan(_totals)[i].Hash & (length - 1);
            while (_index[slot] != 0) slot = (slot + 1) & (length - 1);
            _index[slot] = i + 1;
        }
    }
}
