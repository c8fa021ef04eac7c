using NsCollector.Catalogue;

namespace NsCollector.Sample;

/// <summary>One row of a <see cref="RowTable"/>.</summary>
internal sealed class Row
{
    private byte[] _key = [];
    private int _keyLength;
    private byte[][] _moreKeys = [];
    private byte[][] _texts = [];

    internal Row(Reading first, Reading last) => Readings = new ReadingSet(first, last);

    /// <summary>The name as the kernel wrote it: not escaped, not trusted.</summary>
    public ReadOnlySpan<byte> Key => _key.AsSpan(0, _keyLength);

    /// <summary>The values of the measurement's further row tags; not escaped, not trusted.</summary>
    public ReadOnlySpan<byte> MoreKey(int index) => index < _moreKeys.Length ? _moreKeys[index] : default;

    /// <summary>The number of the block device that this row is about: the major number in the upper 32 bits, the minor one in the lower; 0 for other rows.</summary>
    public ulong Number { get; internal set; }

    /// <summary>The major number of the block device.</summary>
    internal long Major => (long)(Number >> 32);

    /// <summary>The minor number of the block device.</summary>
    internal long Minor => (long)(Number & uint.MaxValue);

    /// <summary>When it was read, in nanoseconds since the epoch, if that is not when its sample was; else 0.</summary>
    public long TimestampNs { get; internal set; }

    /// <summary>Its readings.</summary>
    public ReadingSet Readings { get; }

    /// <summary>Of an interface: whether it leads out of the container, so that totals include it.</summary>
    public bool LeadsOut { get; set; }

    /// <summary>Sets the values of the further row tags, which are not copied.</summary>
    internal void SetMoreKeys(byte[][] keys) => _moreKeys = keys;

    /// <summary>Makes it equal to another row of the same kind of table, including further row tags.</summary>
    internal void CopyFrom(Row other)
    {
        SetKey(other.Key);
        Number = other.Number;
        TimestampNs = other.TimestampNs;
        LeadsOut = other.LeadsOut;
        _moreKeys = other._moreKeys;
        _texts = other._texts;
        Readings.CopyFrom(other.Readings);
    }

    /// <summary>The values of the measurement's string fields. They are not escaped and not trusted. An empty value is absent.</summary>
    public ReadOnlySpan<byte> Text(int index) => index < _texts.Length ? _texts[index] : default;

    /// <summary>The number of string fields that were set.</summary>
    internal int TextCount => _texts.Length;

    /// <summary>Sets the values of the string fields, which are not copied.</summary>
    internal void SetTexts(byte[][] texts) => _texts = texts;

    internal void SetKey(ReadOnlySpan<byte> key)
    {
        if (key.Length > _key.Length) _key = new byte[key.Length];
        key.CopyTo(_key);
        _keyLength = key.Length;
    }
}
