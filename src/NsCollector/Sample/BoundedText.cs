namespace NsCollector.Sample;

/// <summary>A short text of the kernel, kept in a buffer that grows once. Empty if the sample does not have it.</summary>
/// <param name="maxBytes">A longer text is left out: a part of a list would be another list.</param>
internal sealed class BoundedText(int maxBytes)
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Removes the text but keeps the memory.</summary>
    internal void Clear() => _length = 0;

    /// <summary>Replaces the text.</summary>
    internal void Set(ReadOnlySpan<byte> text)
    {
        _length = 0;
        if (text.Length > maxBytes) return;
        if (text.Length > _bytes.Length) _bytes = new byte[text.Length];
        text.CopyTo(_bytes);
        _length = text.Length;
    }
}
