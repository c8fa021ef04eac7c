using Microsoft.Extensions.Logging;

namespace NsCollector.Sample.Cgroup;

/// <summary>Logs how many files of each container are held after that has changed: an interval later, at most once a minute.</summary>
internal sealed class BudgetReport(DescriptorBudget budget, int rankCount, TimeSpan interval, ILogger logger)
{
    private const long MinIntervalNs = 60_000_000_000;

    private long _nextNs = long.MinValue;
    // Null at first: that every file is held is not worth a message.
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
            logger.LogInformation("All {Files} cgroup files of each container fit into the descriptor budget again and are held open.", all);
        }
        else
        {
            logger.LogWarning(
                "Only {Held} of the {Files} cgroup files of each container are held open, because the descriptor budget is {Limit}. The others are opened again each cycle, which costs CPU but loses no data. To hold all of them, raise LimitNOFILE (or cgroup.max_held_files).",
                held, all, budget.Limit);
        }
    }
}
