using Microsoft.Extensions.Logging;

namespace NsCollector.Sample.Cgroup;

/// <summary>Logs how many files of each container are held when that changes: once the number has settled, and once a minute at the most.</summary>
internal sealed class BudgetReport(DescriptorBudget budget, int rankCount, TimeSpan interval, ILogger logger)
{
    private const long MinIntervalNs = 60_000_000_000;

    private long _nextNs = long.MinValue;
    // At first every file is held, and that is not worth a line.
    private int? _reportedHeldRanks;

    internal void ReportIfChanged(long nowNs)
    {
        if (budget.HeldRanks == (_reportedHeldRanks ?? rankCount)) return;
        if (_nextNs == long.MinValue) _nextNs = nowNs + (long)(interval.TotalMilliseconds * 1e6);
        if (nowNs < _nextNs) return;
        _nextNs = nowNs + MinIntervalNs;
        _reportedHeldRanks = budget.HeldRanks;
        int held = budget.WantedPerContainer(budget.HeldRanks), all = budget.WantedPerContainer(rankCount);
        if (held == all)
        {
            logger.LogInformation("Every cgroup file fits into the descriptor budget again: {Files} of each container are held open.", all);
        }
        else
        {
            logger.LogWarning(
                "The descriptor budget of {Limit} cgroup files holds {Held} of the {Files} files of each container; the others are opened again each cycle, which costs CPU and loses nothing. Raise LimitNOFILE (or cgroup.max_held_files) to hold them all.",
                budget.Limit, held, all);
        }
    }
}
