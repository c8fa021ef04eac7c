using NsCollector.Sample.Traffic;

namespace NsCollector.Sample.Events;

/// <summary>
/// The exits that wait until the removal of their interfaces is reported: a namespace that nothing holds is destroyed some
/// milliseconds after its last process has exited, by a worker of the kernel. For the sampling thread.
/// </summary>
/// <param name="traffic">Knows what was reported.</param>
internal sealed class PendingExits(IExitTraffic traffic)
{
    /// <summary>How long an exit waits at most.</summary>
    private const long WaitNs = 1_000_000_000;

    private readonly List<PendingExit> _exits = [];

    /// <summary>When the oldest has waited long enough, on the monotonic clock; <see cref="long.MaxValue"/> if none waits.</summary>
    internal long DueNs => _exits.Count == 0 ? long.MaxValue : _exits[0].SinceNs + WaitNs;

    internal bool IsEmpty => _exits.Count == 0;

    internal void Add(PendingExit exit) => _exits.Add(exit);

    /// <summary>Whether <see cref="HandOverReady"/> would hand one over.</summary>
    internal bool HasReady(long nowNs)
    {
        foreach (PendingExit exit in _exits)
        {
            if (IsReady(exit, nowNs, out _)) return true;
        }

        return false;
    }

    /// <summary>Removes those of which nothing more will be reported, or that have waited long enough, and hands them over, oldest first.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool HandOverReady(long nowNs, Action<PendingExit, NetworkTotals> handOver)
    {
        int kept = 0;
        for (int i = 0; i < _exits.Count; i++)
        {
            PendingExit exit = _exits[i];
            if (IsReady(exit, nowNs, out NetworkTotals totals)) handOver(exit, totals);
            else _exits[kept++] = exit;
        }

        bool any = kept < _exits.Count;
        _exits.RemoveRange(kept, _exits.Count - kept);
        return any;
    }

    private bool IsReady(PendingExit exit, long nowNs, out NetworkTotals totals)
    {
        totals = traffic.TotalsOf(exit.Traffic);
        return !totals.MayBecomeWhole || nowNs >= exit.SinceNs + WaitNs;
    }
}
