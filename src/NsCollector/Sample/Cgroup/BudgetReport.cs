using Microsoft.Extensions.Logging;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Logs how many cgroup files are held after that has changed: at the end of the second cycle, at most once a minute. Only at
/// the end of a cycle has every container been read, and only then are the files of all of them known. That the configuration
/// bounds them is what the user wants, and not logged.
/// </summary>
internal sealed class BudgetReport(HeldFilesBudget budget, int rankCount, ILogger logger)
{
    private const long MinIntervalNs = 60_000_000_000;

    private long _nextNs = long.MinValue;
    private bool _isFirst = true;
    // Null at first: that every file is held is not worth a message.
    private int? _reportedHeldRanks;

    /// <summary>Called at the end of each cycle.</summary>
    internal void ReportIfChanged(long nowNs)
    {
        if (budget.HeldRanks == (_reportedHeldRanks ?? rankCount) || (_reportedHeldRanks is null && budget.Bound == HeldFilesBound.Configuration))
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
        if (held == all || budget.Bound == HeldFilesBound.Configuration)
        {
            logger.LogInformation("{Held} of the {Files} cgroup files of {Containers} cgroups are held open again, as many as cgroup.max_held_files allows.", held, all, budget.Containers);
        }
        else if (budget.Bound == HeldFilesBound.Memory)
        {
            logger.LogWarning(
                "Only {Held} of the {Files} cgroup files of {Containers} cgroups are held open, because more would not fit into the memory that the agent's cgroup may use. The others are opened again each cycle, which costs CPU but loses no data. To hold more, raise MemoryMax (or the container's memory limit).",
                held, all, budget.Containers);
        }
        else
        {
            logger.LogWarning(
                "Only {Held} of the {Files} cgroup files of {Containers} cgroups are held open, because the limit on open files allows {Limit}. The others are opened again each cycle, which costs CPU but loses no data. To hold more, raise LimitNOFILE.",
                held, all, budget.Containers, budget.Limit);
        }
    }
}
