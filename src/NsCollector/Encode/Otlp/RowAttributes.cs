using NsCollector.Sample;

namespace NsCollector.Encode.Otlp;

/// <summary>The encoded attributes of the rows of one table, in memory that is reused.</summary>
internal sealed class RowAttributes
{
    private byte[] _bytes = new byte[4096];
    private int[] _ends = new int[16];
    private int _count;

    /// <summary>The attributes of a row, valid until the next row is added.</summary>
    internal ReadOnlySpan<byte> this[int index] => _bytes.AsSpan((index == 0 ? 0 : _ends[index - 1])..(_ends[index]));

    /// <summary>Begins a table.</summary>
    internal void Begin() => _count = 0;

    /// <summary>Adds a row. An attribute without a value is left out.</summary>
    /// <param name="names">The keys of its attributes, encoded.</param>
    /// <param name="key">The value of the first one.</param>
    /// <param name="row">Has the values of the others; null if there are none.</param>
    internal void Add(byte[][] names, ReadOnlySpan<byte> key, Row? row)
    {
        int at = _count == 0 ? 0 : _ends[_count - 1];
        for (int i = 0; i < names.Length; i++)
        {
            ReadOnlySpan<byte> value = i == 0 ? key : row is null ? default : row.MoreKey(i - 1);
            if (!value.IsEmpty) at = Write(names[i], value, at);
        }

        if (_count == _ends.Length) Array.Resize(ref _ends, 2 * _ends.Length);
        _ends[_count++] = at;
    }

    private int Write(byte[] name, ReadOnlySpan<byte> value, int at)
    {
        // Tag and length of KeyValue, of AnyValue and of the text: at most 3 bytes each.
        if (_bytes.Length - at < name.Length + NameText.MaxBytes + 9) Array.Resize(ref _bytes, 2 * _bytes.Length);
        Span<byte> text = stackalloc byte[NameText.MaxBytes];
        int length = NameText.Write(value, text);
        int any = 1 + Protobuf.VarintBytes(length) + length;
        int pair = name.Length + 1 + Protobuf.VarintBytes(any) + any;
        at += Head(OtlpFamily.PointAttributes, pair, at);
        name.CopyTo(_bytes.AsSpan(at));
        at += name.Length;
        at += Head(2, any, at);
        at += Head(1, length, at);
        text[..length].CopyTo(_bytes.AsSpan(at));
        return at + length;
    }

    private int Head(int field, int length, int at)
    {
        _bytes[at] = Protobuf.LengthDelimited(field);
        return 1 + Protobuf.WriteVarint((uint)length, _bytes.AsSpan(at + 1));
    }
}
