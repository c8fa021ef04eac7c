namespace NsCollector.Sample;

/// <summary>
/// The hash of Fowler, Noll and Vo, FNV-1a, with 64 bits: to see that a text has changed, or to find a name again. Not for keys that an attacker
/// may choose to collide.
/// </summary>
internal static class Fnv1a
{
    /// <summary>The hash of nothing, with which each hash begins.</summary>
    internal const ulong Start = 14695981039346656037;

    private const ulong Prime = 1099511628211;

    /// <summary>The hash of bytes.</summary>
    internal static ulong Hash(ReadOnlySpan<byte> bytes) => Add(Start, bytes);

    /// <summary>Continues a hash with more bytes.</summary>
    internal static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes) hash = (hash ^ b) * Prime;
        return hash;
    }

    /// <summary>Continues a hash with one text of several, which end where they do.</summary>
    internal static ulong AddText(ulong hash, ReadOnlySpan<byte> text) => (Add(hash, text) ^ '/') * Prime;
}
