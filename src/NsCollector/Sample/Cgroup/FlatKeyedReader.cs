namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Reads a flat keyed file: each line has a key, a space and an unsigned number (Documentation/admin-guide/cgroup-v2.rst).
/// Other lines are skipped and counted.
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

    /// <summary>How many lines were malformed so far.</summary>
    internal readonly int Malformed => _malformed;

    /// <summary>Moves to the next well-formed line; false at the end.</summary>
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
