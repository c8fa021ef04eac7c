namespace NsCollector.Sample.Cgroup;

/// <summary>
/// When the limits and the state of a container are read: every <see cref="SampleOptions.LimitsInterval"/>, spread over
/// the cycles. Any thread may call it for a container that no other reads.
/// </summary>
/// <param name="options">The interval.</param>
/// <param name="hostMemory">Refreshed at the same interval.</param>
internal sealed class LimitsSchedule(SampleOptions options, HostMemory hostMemory)
{
    // When a container that did not exist in some hierarchy at first is read again.
    private const long IncompleteNs = 200_000_000;

    // A runtime writes the limits after it has created the cgroup: runc within milliseconds, or seconds on a busy host. So the limits
    // of a container that starts while the agent runs are read again at this pace, for this long.
    private const long StartingPaceNs = 1_000_000_000, StartingNs = 3_000_000_000;

    // Counted in readings of the limits.
    private const int RecheckAbsentEvery = 10;

    private readonly long _intervalNs = (long)(options.LimitsInterval.TotalMilliseconds * 1e6);

    /// <summary>Prepares a reading of the limits, if one is due.</summary>
    /// <returns>Whether it is.</returns>
    internal bool BeginIfDue(ContainerCgroup cgroup, long nowNs)
    {
        if (nowNs < cgroup.NextLimitsNs) return false;
        SetNext(cgroup, nowNs);
        hostMemory.RefreshIfDue(nowNs, _intervalNs);
        CgroupDirectories.RecheckMissing(cgroup);

        // No files appear in an existing cgroup, except those of a controller that is enabled later, which cgroup.controllers
        // shows, and pressure files that were switched off.
        if (++cgroup.LimitsReadings % RecheckAbsentEvery == 0) cgroup.ForgetAbsentFiles();
        cgroup.Chosen.AsSpan().Fill(-1);
        cgroup.Carried.BeginLimits();
        return true;
    }

    private void SetNext(ContainerCgroup cgroup, long nowNs)
    {
        bool isFirst = cgroup.NextLimitsNs == long.MinValue;
        if (isFirst) cgroup.LimitsSettledNs = nowNs + (cgroup.Container.Birth is null ? 0 : StartingNs);
        if (!isFirst && !cgroup.LimitsWereEarly)
        {
            cgroup.NextLimitsNs = nowNs + _intervalNs;
            return;
        }

        // After the early readings, the next one comes after a part of the interval that differs between containers, and the
        // later ones after whole intervals, so that the cost is spread over the cycles.
        cgroup.NextLimitsNs = nowNs + _intervalNs / 2 + (long)(_intervalNs / 2 * Pace.Spread(cgroup.Container.Key));

        // A runtime creates the other v1 directories, and crun its payload's cgroup, within milliseconds.
        bool isIncomplete = isFirst
            && (cgroup.Exists.AsSpan().Contains(false) || cgroup.Container.CgroupPath.EndsWith(".scope", StringComparison.Ordinal));
        cgroup.LimitsWereEarly = isIncomplete || nowNs < cgroup.LimitsSettledNs;
        if (cgroup.LimitsWereEarly) cgroup.NextLimitsNs = Math.Min(cgroup.NextLimitsNs, nowNs + (isIncomplete ? IncompleteNs : StartingPaceNs));
    }
}
