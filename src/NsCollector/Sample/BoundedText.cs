namespace NsCollector.Sample;

/// <summary>A short text of the kernel, in a buffer that grows once. Empty if the sample does not have the text.</summary>
/// <param name="maxBytes">A longer text is left out, because a truncated list would be wrong.</param>
internal sealed class BoundedText(int maxBytes)
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Removes the text and keeps the memory.</summary>
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
