namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Walks a flat keyed file: a line a key, a space and an unsigned number (Documentation/admin-guide/cgroup-v2.rst). Lines
/// of another shape are passed over and counted.
/// </summary>
internal ref struct FlatKeyedReader
{
    private readonly ReadOnlySpan<byte> _text;
    private int _position;
    private int _malformed;

    internal FlatKeyedReader(ReadOnlySpan<byte> text)
    {
        _text = KernelText.WholeLines(text, ref _malformed);
    }

    /// <summary>How many lines were not understood so far.</summary>
    internal readonly int Malformed => _malformed;

    /// <summary>Goes on to the next line that is understood; false at the end.</summary>
    internal bool Next(out ReadOnlySpan<byte> key, out ulong value)
    {
        while (_position < _text.Length)
        {
            int start = _position, i = start;
            while (_text[i] != ' ' && _text[i] != KernelText.LineFeed) i++;
            if (i > start && _text[i] == ' ')
            {
                int digits = i + 1;
                if (KernelText.TryReadUnsigned(_text, ref digits, out value) && _text[digits] == KernelText.LineFeed)
                {
                    key = _text[start..i];
                    _position = digits + 1;
                    return true;
                }
            }

            _malformed++;
            _position = KernelText.NextLine(_text, i);
        }

        key = default;
        value = 0;
        return false;
    }
}
