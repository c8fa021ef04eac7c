using NsCollector.Catalogue;

namespace NsCollector.Sample;

/// <summary>The figures of <see cref="TcpDetailFigures"/>, each present or absent. Reused from cycle to cycle; nothing allocates after construction.</summary>
internal sealed class TcpDetailSample
{
    private readonly long[] _values = new long[TcpDetailFigures.Names.Length];

    /// <summary>Bit i is set if figure i is present.</summary>
    internal UInt128 PresentBits { get; private set; }

    /// <summary>Whether nothing is present.</summary>
    internal bool IsEmpty => PresentBits == 0;

    /// <summary>The value of a figure; only defined if it is present.</summary>
    internal long this[int figure] => _values[figure];

    /// <summary>The figure, if present.</summary>
    internal bool TryGet(int figure, out long value)
    {
        bool has = (PresentBits >> figure & 1) != 0;
        value = has ? _values[figure] : 0;
        return has;
    }

    /// <summary>Sets a figure.</summary>
    internal void Set(int figure, long value)
    {
        _values[figure] = value;
        PresentBits |= UInt128.One << figure;
    }

    /// <summary>Makes every figure absent.</summary>
    internal void Clear() => PresentBits = 0;

    /// <summary>Makes it equal to another object.</summary>
    internal void CopyFrom(TcpDetailSample other)
    {
        other._values.CopyTo(_values);
        PresentBits = other.PresentBits;
    }
}
