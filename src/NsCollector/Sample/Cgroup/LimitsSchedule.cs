namespace NsCollector.Sample.Cgroup;

/// <summary>
/// When the limits and the state of a container are read: every <see cref="SampleOptions.LimitsInterval"/>, and not for all
/// containers in the same cycle.
/// </summary>
/// <param name="options">The interval.</param>
/// <param name="hostMemory">Refreshed as often.</param>
internal sealed class LimitsSchedule(SampleOptions options, HostMemory hostMemory)
{
    // When a container that lacked a hierarchy at first is read again.
    private const long IncompleteNs = 200_000_000;

    // In readings of the limits.
    private const int RecheckAbsentEvery = 10;

    private readonly long _intervalNs = (long)(options.LimitsInterval.TotalMilliseconds * 1e6);
    private long _hostMemoryDueNs = long.MinValue;

    /// <summary>Prepares a reading of the limits, if one is due.</summary>
    /// <returns>Whether it is.</returns>
    internal bool BeginIfDue(ContainerCgroup cgroup, long nowNs)
    {
        if (nowNs < cgroup.NextLimitsNs) return false;
        SetNext(cgroup, nowNs);
        if (nowNs >= _hostMemoryDueNs)
        {
            _hostMemoryDueNs = nowNs + _intervalNs;
            hostMemory.Refresh();
        }

        CgroupDirectories.RecheckMissing(cgroup);

        // Files do not appear in a cgroup that exists, but for those of a controller that is enabled in it later, which
        // cgroup.controllers tells, and for pressure files that were switched off.
        if (++cgroup.LimitsReadings % RecheckAbsentEvery == 0) cgroup.ForgetAbsentFiles();
        cgroup.Chosen.AsSpan().Fill(-1);
        cgroup.Carried.BeginLimits();
        return true;
    }

    private void SetNext(ContainerCgroup cgroup, long nowNs)
    {
        // The second time comes after a part of the interval that differs from container to container, and then one whole
        // interval after the other, so that the cost is spread over the cycles.
        bool isFirst = cgroup.NextLimitsNs == long.MinValue;
        if (!isFirst && !cgroup.LimitsWereEarly)
        {
            cgroup.NextLimitsNs = nowNs + _intervalNs;
            return;
        }

        ulong spread = (ulong)cgroup.Container.Key * 0x9E3779B97F4A7C15UL >> 40;
        cgroup.NextLimitsNs = nowNs + _intervalNs / 2 + (long)(_intervalNs / 2 * (spread / (double)(1 << 24)));

        // A runtime that is still at it makes the other v1 directories, and crun its cgroup below a unit's, within milliseconds.
        cgroup.LimitsWereEarly = isFirst
            && (cgroup.Exists.AsSpan().Contains(false) || cgroup.Container.CgroupPath.EndsWith(".scope", StringComparison.Ordinal));
        if (cgroup.LimitsWereEarly) cgroup.NextLimitsNs = Math.Min(cgroup.NextLimitsNs, nowNs + IncompleteNs);
    }
}
