namespace NsCollector.Sample.Connections;

/// <summary>Decides who gets a full dump now: of all that wait, those whose last one was tried longest ago, whether they can be read now or later in the cycle.</summary>
/// <remarks>It allocates only when more wait than ever before.</remarks>
internal sealed class FullDumpTurns
{
    private long[] _triedNs = [];
    private long _latestNs;
    private int _count;
    private int _left;

    /// <summary>Forgets all that wait.</summary>
    internal void Clear()
    {
        _count = 0;
        _left = 0;
    }

    /// <summary>One more waits.</summary>
    /// <param name="triedNs">When its last full dump was tried, on the monotonic clock.</param>
    internal void Add(long triedNs)
    {
        if (_count == _triedNs.Length) Array.Resize(ref _triedNs, Math.Max(16, _count * 2));
        _triedNs[_count++] = triedNs;
    }

    /// <summary>Sets how many of those that wait have their turn.</summary>
    internal void Allow(int dumps)
    {
        _left = Math.Min(dumps, _count);
        _latestNs = long.MaxValue;
        if (_left == _count || _left == 0) return;
        Array.Sort(_triedNs, 0, _count);
        _latestNs = _triedNs[_left - 1];
    }

    /// <summary>Whether it is the turn of one that waits. Each is to ask once.</summary>
    internal bool Take(long triedNs)
    {
        if (_left == 0 || triedNs > _latestNs) return false;
        _left--;
        return true;
    }
}
