using System.Diagnostics.CodeAnalysis;
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

    internal void Add(PendingExit exit) => _exits.Add(exit);

    /// <summary>Whether <see cref="TryDequeueReady"/> would find one.</summary>
    internal bool HasReady(long nowNs)
    {
        foreach (PendingExit exit in _exits)
        {
            if (IsReady(exit, nowNs, out _)) return true;
        }

        return false;
    }

    /// <summary>Removes the oldest one of which nothing more will be reported, or that has waited long enough.</summary>
    internal bool TryDequeueReady(long nowNs, [NotNullWhen(true)] out PendingExit? exit, out NetworkTotals totals)
    {
        for (int i = 0; i < _exits.Count; i++)
        {
            exit = _exits[i];
            if (!IsReady(exit, nowNs, out totals)) continue;
            _exits.RemoveAt(i);
            return true;
        }

        exit = null;
        totals = default;
        return false;
    }

    private bool IsReady(PendingExit exit, long nowNs, out NetworkTotals totals)
    {
        totals = traffic.TotalsOf(exit.Traffic);
        return !totals.MayBecomeWhole || nowNs >= exit.SinceNs + WaitNs;
    }
}
