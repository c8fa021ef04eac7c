using NsCollector.Catalogue;

namespace NsCollector.Sample;

/// <summary>One row of a <see cref="RowTable"/>.</summary>
internal sealed class Row
{
    private byte[] _key = [];
    private int _keyLength;

    internal Row(Reading first, Reading last) => Readings = new ReadingSet(first, last);

    /// <summary>The kernel's own bytes for what this row is about, unescaped and hostile.</summary>
    public ReadOnlySpan<byte> Key => _key.AsSpan(0, _keyLength);

    /// <summary>What was read of it.</summary>
    public ReadingSet Readings { get; }

    internal void SetKey(ReadOnlySpan<byte> key)
    {
        if (key.Length > _key.Length) _key = new byte[key.Length];
        key.CopyTo(_key);
        _keyLength = key.Length;
    }
}
