using NsCollector.Catalogue;

namespace NsCollector.Sample.Flows;

/// <summary>Adds the points of a container to its sample: the remotes with most bytes, and the sums of the others. Allocates nothing in a steady cycle.</summary>
internal sealed class FlowRows(FlowOptions options)
{
    private readonly FlowRowKeys _keys = new();
    private readonly int[] _top = new int[options.Top];
    private readonly FlowSums[] _others = new FlowSums[3];

    /// <summary>Adds the points of an interval.</summary>
    /// <param name="buffer">The interval.</param>
    /// <param name="owner">The container's namespace.</param>
    /// <param name="rows">Receives the points.</param>
    /// <param name="lengthNs">The length of the interval, in nanoseconds.</param>
    /// <param name="lost">Closed connections of the whole host that were lost in it.</param>
    internal void Add(FlowBuffer buffer, FlowNamespace owner, RowTable rows, long lengthNs, long lost)
    {
        if (buffer.ListOf(owner) is not { } list) return;
        for (int i = 0; i < _others.Length; i++) _others[i] = list.Other((FlowDirection)i);
        int count = SelectTop(buffer.Entries, list.First);
        Span<byte> text = stackalloc byte[RemoteText.MaxBytes];
        for (int i = 0; i < count; i++)
        {
            ref readonly FlowEntry entry = ref buffer.Entries[_top[i]];
            int length = RemoteText.Write(in entry.Key, options.PrefixIpv4, options.PrefixIpv6, text);
            Add(rows, text[..length], entry.Key.Direction, entry.Key.Port, in entry.Sums);
            SetInterval(rows, lengthNs, lost);
        }

        for (int i = 0; i < _others.Length; i++)
        {
            if (_others[i].IsEmpty) continue;
            Add(rows, RemoteText.Other, (FlowDirection)i, 0, in _others[i]);
            SetInterval(rows, lengthNs, lost);
        }
    }

    // Those with most bytes, in descending order. The others are added to the sums of their direction.
    private int SelectTop(ReadOnlySpan<FlowEntry> entries, int first)
    {
        int count = 0;
        for (int index = first; index >= 0; index = entries[index].Next)
        {
            // They were reported at an exit.
            if (entries[index].Sums.IsEmpty) continue;
            int at = count;
            while (at > 0 && entries[_top[at - 1]].Sums.Bytes < entries[index].Sums.Bytes) at--;
            if (at == _top.Length)
            {
                AddToOthers(in entries[index]);
                continue;
            }

            if (count == _top.Length) AddToOthers(in entries[_top[--count]]);
            for (int i = count; i > at; i--) _top[i] = _top[i - 1];
            _top[at] = index;
            count++;
        }

        return count;
    }

    private void AddToOthers(in FlowEntry entry) => _others[(int)entry.Key.Direction].Add(in entry.Sums);

    private void Add(RowTable rows, ReadOnlySpan<byte> remote, FlowDirection direction, ushort port, in FlowSums sums)
    {
        Row row = rows.Add(remote);
        row.SetMoreKeys(_keys.Of(direction, port));
        sums.CopyTo(row.Readings);
    }

    private static void SetInterval(RowTable rows, long lengthNs, long lost)
    {
        ReadingSet readings = rows[rows.Count - 1].Readings;
        readings.Set(Reading.FlowIntervalNs, lengthNs);
        readings.Set(Reading.FlowConnectionsLost, lost);
    }
}
