namespace NsCollector.Encode.LineProtocol;

/// <summary>The series of one container. A steady sample allocates nothing.</summary>
internal sealed class ContainerSeries
{
    private readonly List<Series> _series = [];
    private int _next;

    /// <summary>All of them.</summary>
    internal List<Series> All => _series;

    /// <summary>The next sample of the container begins.</summary>
    internal void BeginSample() => _next = 0;

    /// <summary>Finds a series by the beginning of its line; adds it if it is new.</summary>
    internal Series Find(ReadOnlySpan<byte> head)
    {
        // Samples have their series in the same order.
        for (int i = 0; i < _series.Count; i++)
        {
            int index = (_next + i) % _series.Count;
            if (!_series[index].Is(head)) continue;
            _next = index + 1;
            return _series[index];
        }

        var added = new Series();
        _series.Add(added);
        _next = _series.Count;
        return added;
    }
}
