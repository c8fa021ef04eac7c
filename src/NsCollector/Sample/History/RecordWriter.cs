namespace NsCollector.Sample.History;

/// <summary>Writes the numbers and texts of a record of <see cref="SampleHistory"/> into a buffer. If the buffer is full, the record is not usable.</summary>
internal ref struct RecordWriter(Span<byte> buffer)
{
    // A number of 64 bits has at most ten groups of 7 bits.
    private const int MaxNumberBytes = 10;

    private readonly Span<byte> _buffer = buffer;

    /// <summary>How many bytes were written.</summary>
    internal int Length { get; private set; }

    /// <summary>Whether something did not fit.</summary>
    internal bool IsFull { get; private set; }

    /// <summary>Writes a number in groups of 7 bits, the lowest first. Small numbers take one byte.</summary>
    internal void Write(ulong value)
    {
        if (_buffer.Length - Length < MaxNumberBytes)
        {
            IsFull = true;
            return;
        }

        for (; value >= 0x80; value >>= 7) _buffer[Length++] = (byte)(value | 0x80);
        _buffer[Length++] = (byte)value;
    }

    /// <summary>Writes a text with its length.</summary>
    internal void Write(ReadOnlySpan<byte> text)
    {
        Write((ulong)text.Length);
        if (_buffer.Length - Length < text.Length) IsFull = true;
        if (IsFull) return;
        text.CopyTo(_buffer[Length..]);
        Length += text.Length;
    }
}
