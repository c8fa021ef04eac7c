namespace NsCollector.Encode.Otlp;

/// <summary>The previous values of the rows of one table. Rows that a sample does not have are forgotten.</summary>
/// <param name="first">The index of the first reading.</param>
/// <param name="count">The number of readings.</param>
internal sealed class PreviousRows(int first, int count)
{
    private readonly List<PreviousValues> _rows = [];
    private long _sample;
    private int _next;

    /// <summary>Begins a sample.</summary>
    internal void Begin()
    {
        _sample++;
        _next = 0;
    }

    /// <summary>The values of a row. Allocates for a new one.</summary>
    /// <param name="key">Its encoded attributes.</param>
    internal PreviousValues Of(ReadOnlySpan<byte> key)
    {
        // Samples have their rows in the same order.
        for (int i = 0; i < _rows.Count; i++)
        {
            int index = (_next + i) % _rows.Count;
            if (!key.SequenceEqual(_rows[index].Key)) continue;
            _next = index + 1;
            _rows[index].Seen = _sample;
            return _rows[index];
        }

        var added = new PreviousValues(first, count) { Key = key.ToArray(), Seen = _sample };
        _rows.Add(added);
        _next = _rows.Count;
        return added;
    }

    /// <summary>Forgets the rows that the sample did not have.</summary>
    internal void End()
    {
        for (int i = _rows.Count - 1; i >= 0; i--)
        {
            if (_rows[i].Seen != _sample) _rows.RemoveAt(i);
        }
    }
}
