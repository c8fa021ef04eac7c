using NsCollector.Catalogue;

namespace NsCollector.Sample;

/// <summary>
/// The rows of a measurement with several points for each container: one for each block device, interface or resource.
/// Rows are reused from cycle to cycle, so a steady container allocates nothing.
/// </summary>
internal sealed class RowTable(Reading first, Reading last)
{
    private Row[] _rows = [];

    /// <summary>Creates a table for the readings of one part of a sample.</summary>
    internal static RowTable Of(SamplePart part)
    {
        (Reading first, Reading last) = MetricCatalogue.RangeOf(part);
        return new RowTable(first, last);
    }

    /// <summary>How many rows this cycle has.</summary>
    public int Count { get; private set; }

    /// <summary>The row at an index below <see cref="Count"/>.</summary>
    public Row this[int index] => _rows[index];

    /// <summary>Removes the rows but keeps their memory.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a row with no readings.</summary>
    /// <param name="key">The kernel's own bytes: the device's number, the interface's name.</param>
    public Row Add(ReadOnlySpan<byte> key)
    {
        if (Count == _rows.Length)
        {
            Array.Resize(ref _rows, Math.Max(2, _rows.Length * 2));
            for (int i = Count; i < _rows.Length; i++) _rows[i] = new Row(first, last);
        }

        Row row = _rows[Count++];
        row.SetKey(key);
        row.Number = 0;
        row.TimestampNs = 0;
        row.Readings.Clear();
        row.LeadsOut = false;
        row.SetMoreKeys([]);
        row.SetTexts([]);
        return row;
    }

    /// <summary>The row with this key, or a new one: two kernel files may describe the same device.</summary>
    public Row GetOrAdd(ReadOnlySpan<byte> key) => Find(key) ?? Add(key);

    /// <summary>The row with this key; null if there is none.</summary>
    internal Row? Find(ReadOnlySpan<byte> key)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_rows[i].Key.SequenceEqual(key)) return _rows[i];
        }

        return null;
    }

    /// <summary>Makes it equal to another table of the same part.</summary>
    internal void CopyFrom(RowTable other)
    {
        Clear();
        for (int i = 0; i < other.Count; i++) Add(other[i].Key).CopyFrom(other[i]);
    }

    /// <summary>How many readings of all rows were left out because the kernel's number cannot be.</summary>
    internal int ImpossibleCount
    {
        get
        {
            int count = 0;
            for (int i = 0; i < Count; i++) count += _rows[i].Readings.ImpossibleCount;
            return count;
        }
    }

    /// <summary>The sum of an integer reading over all rows that have it.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="sum">The sum.</param>
    /// <param name="onlyOut">Only over interfaces that lead out of the container.</param>
    /// <returns>False if no row has it, if one lacks it because the kernel's number cannot be, or if the sum is over 2^63-1.</returns>
    public bool TrySum(Reading reading, out long sum, bool onlyOut = false)
    {
        bool any = false;
        sum = 0;
        for (int i = 0; i < Count; i++)
        {
            Row row = _rows[i];
            if (onlyOut && !row.LeadsOut) continue;
            if (row.Readings.IsImpossible(reading)) return false;
            if (!row.Readings.TryGet(reading, out long value)) continue;
            if (value > long.MaxValue - sum) return false;
            any = true;
            sum += value;
        }

        return any;
    }
}
