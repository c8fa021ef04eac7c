using Microsoft.Extensions.Logging;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Logs how many cgroup files are held after that has changed: at the end of the second cycle, at most once a minute. Only at
/// the end of a cycle has every container been read, and only then are the files of all of them known.
/// </summary>
internal sealed class BudgetReport(DescriptorBudget budget, int rankCount, ILogger logger)
{
    private const long MinIntervalNs = 60_000_000_000;

    private long _nextNs = long.MinValue;
    private bool _isFirst = true;
    // Null at first: that every file is held is not worth a message.
    private int? _reportedHeldRanks;

    /// <summary>Called at the end of each cycle.</summary>
    internal void ReportIfChanged(long nowNs)
    {
        if (budget.HeldRanks == (_reportedHeldRanks ?? rankCount))
        {
            _isFirst = true;
            return;
        }

        // A container's first reading also opens files that the later ones do not need.
        bool isFirst = _isFirst;
        _isFirst = false;
        if (isFirst || nowNs < _nextNs) return;
        _nextNs = nowNs + MinIntervalNs;
        _reportedHeldRanks = budget.HeldRanks;
        long held = budget.Wanted(budget.HeldRanks), all = budget.Wanted(rankCount);
        if (held == all)
        {
            logger.LogInformation("All {Files} cgroup files of {Containers} containers fit into the descriptor budget again and are held open.", all, budget.Containers);
        }
        else
        {
            logger.LogWarning(
                "Only {Held} of the {Files} cgroup files of {Containers} containers are held open, because the descriptor budget is {Limit}. The others are opened again each cycle, which costs CPU but loses no data. To hold all of them, raise LimitNOFILE (or cgroup.max_held_files).",
                held, all, budget.Containers, budget.Limit);
        }
    }
}
