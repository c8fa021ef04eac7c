namespace NsCollector.Sample.Netfilter;

/// <summary>The counters with one name in one chain of a network namespace.</summary>
/// <param name="name">The comment of the rules, or the name of the object; not trusted.</param>
/// <param name="tags">Family, table, chain and source; may be shared with other counters.</param>
/// <param name="hash">The hash of both.</param>
internal sealed class NetfilterTotal(byte[] name, byte[][] tags, int hash)
{
    /// <summary>The comment of the rules, or the name of the object.</summary>
    internal byte[] Name => name;

    /// <summary>Family, table, chain and source. Empty if there is none.</summary>
    internal byte[][] Tags => tags;

    /// <summary>The hash by which it is found.</summary>
    internal int Hash => hash;

    /// <summary>Sum over the rules.</summary>
    internal ulong Packets { get; set; }

    /// <summary>Sum over the rules, in bytes.</summary>
    internal ulong Bytes { get; set; }

    /// <summary>How many rules have this comment, or refer to the object.</summary>
    internal long Rules { get; set; }

    /// <summary>Whether the current reading has it.</summary>
    internal bool IsPresent { get; set; }
}
