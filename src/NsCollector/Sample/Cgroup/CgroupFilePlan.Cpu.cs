using NsCollector.Linux.Cgroup;

namespace NsCollector.Sample.Cgroup;

// The files of the controllers cpu and cpuacct.
internal sealed partial class CgroupFilePlan
{
    // Estimated: each line costs the kernel about 0.3 µs, a further file costs the agent 2 to 4 µs (docs/performance.md).
    private const int MaxCoresOfUsageAll = 8;

    /// <summary>Whether usage is read from the unified cpu.stat, because cpuacct is not on v1.</summary>
    internal bool UnifiedCpuUsage { get; private set; }

    /// <summary>Whether throttling is read from the unified cpu.stat, because cpu is not on v1.</summary>
    internal bool UnifiedCpuBandwidth { get; private set; }

    private void Cpu(SampleOptions options)
    {
        CgroupHierarchy? cpuacct = _mounts.For("cpuacct"), cpu = _mounts.For("cpu");
        UnifiedCpuUsage = cpuacct is { IsV2: true };
        UnifiedCpuBandwidth = cpu is { IsV2: true };
        if (cpuacct is { IsV2: false })
        {
            AddValue(cpuacct, "cpuacct.usage", 0, ReadAlso.AtExit);

            // Both halves in nanoseconds (4.7); cpuacct.stat, in ticks, is read only without them.
            if (IsUsageAllCheaper(cpuacct))
            {
                Add(cpuacct, CgroupFileKind.CpuacctAll, "cpuacct.usage_all", 9, also: ReadAlso.AtExit);
            }
            else
            {
                AddValue(cpuacct, "cpuacct.usage_user", 9, ReadAlso.AtExit);
                AddValue(cpuacct, "cpuacct.usage_sys", 10, ReadAlso.AtExit);
                Add(cpuacct, CgroupFileKind.CpuacctStat, "cpuacct.stat", 9, also: ReadAlso.AtExit);
            }

            if (options.CpuCores || options.Telegraf) Add(cpuacct, CgroupFileKind.CpuacctPercpu, "cpuacct.usage_percpu", 22);
            if (options.DockerApi) Add(cpuacct, CgroupFileKind.CpuacctTicks, "cpuacct.stat", 22);

            // A container of a hybrid host may be in the unified hierarchy only (rootless ones are). Its cpu.stat has the CPU
            // time without any controller, in microseconds.
            if (_mounts.Unified is { } beside)
            {
                int index = Add(beside, CgroupFileKind.CpuStat, "cpu.stat", 0, also: ReadAlso.AtExit);
                _files[index] = _files[index] with { InsteadOf = _hierarchies.IndexOf(cpuacct) };
            }
        }

        if (UnifiedCpuUsage || UnifiedCpuBandwidth)
        {
            ReadAlso also = UnifiedCpuUsage ? ReadAlso.AtExit : ReadAlso.Never;
            Add((UnifiedCpuUsage ? cpuacct : cpu)!, CgroupFileKind.CpuStat, "cpu.stat", 0, also: also);
        }

        if (cpu is { IsV2: false })
        {
            Add(cpu, CgroupFileKind.CpuStat, "cpu.stat", 7);
            Add(cpu, CgroupFileKind.CpuQuotaV1, "cpu.cfs_quota_us");
            Add(cpu, CgroupFileKind.CpuPeriodV1, "cpu.cfs_period_us");
            AddPayload(cpu, CgroupFileKind.CpuQuotaV1, "cpu.cfs_quota_us");
            AddPayload(cpu, CgroupFileKind.CpuPeriodV1, "cpu.cfs_period_us");
            AddPayload(cpu, CgroupFileKind.CpuStat, "cpu.stat", 7);
            Add(cpu, CgroupFileKind.Limit, "cpu.shares");
        }
        else if (cpu is not null)
        {
            Add(cpu, CgroupFileKind.CpuMaxV2, "cpu.max");
            AddPayload(cpu, CgroupFileKind.CpuMaxV2, "cpu.max");
            AddPayload(cpu, CgroupFileKind.CpuStat, "cpu.stat", 7);
            Add(cpu, CgroupFileKind.Limit, "cpu.weight");
        }
    }

    // One file instead of two costs less CPU and memory, unless the kernel has to write the lines of many possible cores.
    private static bool IsUsageAllCheaper(CgroupHierarchy cpuacct)
    {
        try
        {
            int lines = File.ReadLines(cpuacct.MountPoint + "/cpuacct.usage_all").Take(MaxCoresOfUsageAll + 2).Count();
            return lines is > 1 and <= MaxCoresOfUsageAll + 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
