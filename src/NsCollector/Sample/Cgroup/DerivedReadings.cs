using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Readings that no file of this reading contains: kept limits, percentages, the working set, the state.</summary>
/// <param name="plan">The huge page sizes.</param>
/// <param name="hostMemory">The memory that a container without a limit may use.</param>
internal sealed class DerivedReadings(CgroupFilePlan plan, HostMemory hostMemory)
{
    /// <summary>Completes a sample whose files have been read.</summary>
    internal void Derive(ContainerCgroup cgroup, ContainerSample sample, long nowNs)
    {
        CarriedState carried = cgroup.Carried;
        sample.Scalars.SetAll(carried.Limits);
        for (int i = 0; i < carried.HugetlbLimits.Length; i++)
        {
            if (carried.HugetlbLimits[i] >= 0)
                sample.Hugetlb.GetOrAdd(plan.PageSizes[i]).Readings.Set(Reading.HugetlbLimitBytes, carried.HugetlbLimits[i]);
        }

        DeriveCpu(cgroup, sample.Scalars, nowNs);
        DeriveMemory(carried, sample.Scalars);
        sample.State = StateOf(carried, sample.Scalars);
    }

    private static void DeriveCpu(ContainerCgroup cgroup, ReadingSet scalars, long nowNs)
    {
        if (!scalars.TryGet(Reading.CpuUsageNs, out long usage)) return;
        long elapsed = nowNs - cgroup.PreviousUsageAtNs;
        if (cgroup.HasPreviousUsage && usage >= cgroup.PreviousUsageNs && elapsed > 0)
            scalars.SetDouble(Reading.CpuUsagePercent, 100.0 * (usage - cgroup.PreviousUsageNs) / elapsed);

        // A frozen cgroup uses no CPU, and this one has: the kept state is out of date, and the next reading reads it again.
        if (cgroup.Carried.Frozen is true && cgroup.HasPreviousUsage && usage > cgroup.PreviousUsageNs) cgroup.NextLimitsNs = nowNs;
        cgroup.PreviousUsageNs = usage;
        cgroup.PreviousUsageAtNs = nowNs;
        cgroup.HasPreviousUsage = true;
    }

    private void DeriveMemory(CarriedState carried, ReadingSet scalars)
    {
        long? effective = EffectiveLimit(carried, scalars);
        if (effective > 0) scalars.Set(Reading.MemoryEffectiveLimitBytes, effective.Value);
        else scalars.Remove(Reading.MemoryEffectiveLimitBytes);
        if (!scalars.TryGet(Reading.MemoryUsageBytes, out long memory)) return;

        // The kernel itself takes a counter of memory.stat that fell below zero as 0 (memcg_page_state in mm/memcontrol.c).
        if (!scalars.TryGet(Reading.MemoryInactiveFileBytes, out long inactiveFile) && !scalars.IsImpossible(Reading.MemoryInactiveFileBytes)) return;
        long workingSet = Math.Max(0, memory - inactiveFile);
        scalars.Set(Reading.MemoryWorkingSetBytes, workingSet);
        if (effective > 0) scalars.SetDouble(Reading.MemoryUsagePercent, 100.0 * workingSet / effective.Value);
    }

    /// <summary>The lowest limit of the container, its ancestors and the host's memory, in bytes; null if one of them is not known.</summary>
    private long? EffectiveLimit(CarriedState carried, ReadingSet scalars)
    {
        long limit = long.MaxValue;
        if (!plan.UnifiedMemory)
        {
            // hierarchical_memory_limit: the kernel's own minimum, also of ancestors that the agent's mount does not show.
            if (!scalars.TryGet(Reading.MemoryEffectiveLimitBytes, out limit)) return null;
            if ((ulong)limit >= CgroupFilePlan.UnlimitedMemory) limit = long.MaxValue;

            // It does not include a limit of the payload.
            if (carried.Limits.TryGet(Reading.MemoryLimitBytes, out long lower)) limit = Math.Min(limit, lower);
        }
        else
        {
            if (!carried.MemoryLimitKnown || carried.AncestorsMemoryBytes is not { } ancestors) return null;
            limit = carried.Limits.TryGet(Reading.MemoryLimitBytes, out long own) ? Math.Min(own, ancestors) : ancestors;
        }

        return hostMemory.TotalBytes is { } host ? Math.Min(limit, host) : limit == long.MaxValue ? null : limit;
    }

    private static ContainerState StateOf(CarriedState carried, ReadingSet scalars)
    {
        bool? hasProcess = scalars.TryGet(Reading.PidsCurrent, out long processes) ? processes > 0 : carried.Populated;
        return hasProcess switch
        {
            false => ContainerState.Empty,
            _ when carried.Frozen is true => ContainerState.Paused,
            true => ContainerState.Running,
            null => ContainerState.Unknown,
        };
    }
}
