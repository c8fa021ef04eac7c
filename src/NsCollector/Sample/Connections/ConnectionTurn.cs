using static NsCollector.Linux.Interop.NativeShim;

namespace NsCollector.Sample.Connections;

/// <summary>When the sockets of one container, or of those in the host's namespace, are counted next.</summary>
/// <remarks>
/// A full dump that the budget does not allow remains wanted, so that it does not depend on the cycle in which a container is due
/// whether it ever gets one.
/// </remarks>
/// <param name="nowNs">The monotonic clock when it became known: until its first full dump it waits as if there had been one then.</param>
internal sealed class ConnectionTurn(long nowNs)
{
    private long _nextNs = long.MinValue;
    private bool _isDue;

    /// <summary>What is read next.</summary>
    internal SocketDumps Wanted { get; set; }

    /// <summary>Whether it is to get a full dump as soon as the budget allows it.</summary>
    internal bool WaitsForFull { get; private set; }

    /// <summary>When its last full dump was tried, on the monotonic clock.</summary>
    internal long TriedNs { get; private set; } = nowNs;

    /// <summary>Begins a turn if one is due.</summary>
    /// <param name="pace">How often that is.</param>
    /// <param name="key">The key of <see cref="Pace"/>.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <param name="isFull">Whether full dumps are wanted.</param>
    internal void BeginIfDue(Pace pace, long key, long nowNs, bool isFull)
    {
        if (!pace.IsDue(key, ref _nextNs, nowNs)) return;
        _isDue = true;
        WaitsForFull = isFull;
    }

    /// <summary>Sets <see cref="Wanted"/>.</summary>
    internal void Choose(FullDumpTurns turns, SocketDumps full)
    {
        if (WaitsForFull && turns.Take(TriedNs)) Wanted = full;
        else Wanted = _isDue ? SocketDumps.Listeners : SocketDumps.None;
    }

    /// <summary>What was wanted has been tried. Without this call it remains wanted.</summary>
    internal void End(long nowNs)
    {
        if (Wanted == SocketDumps.None) return;
        _isDue = false;
        if ((Wanted & SocketDumps.Tcp) != 0)
        {
            WaitsForFull = false;
            TriedNs = nowNs;
        }

        Wanted = SocketDumps.None;
    }
}
