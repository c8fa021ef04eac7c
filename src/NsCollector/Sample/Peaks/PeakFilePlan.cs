using NsCollector.Catalogue;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Sample.Peaks;

/// <summary>Which files of the <see cref="CgroupFilePlan"/> looks read: the same as the cycles, for the same numbers.</summary>
/// <param name="plan">All files.</param>
internal sealed class PeakFilePlan(CgroupFilePlan plan)
{
    private readonly CgroupFile[] _usage = [.. plan.Files.Where(file => HasUsage(file, plan))];
    private readonly CgroupFile? _throttling = plan.Files.FirstOrDefault(file => HasThrottling(file, plan) && !file.IsPayload);
    private readonly CgroupFile? _payloadThrottling = plan.Files.FirstOrDefault(file => HasThrottling(file, plan) && file.IsPayload);
    private readonly CgroupFile? _memory = plan.Files.FirstOrDefault(file => file is { Kind: CgroupFileKind.Value, Reading: Reading.MemoryUsageBytes, IsPayload: false });

    /// <summary>The file with a container's CPU time; null if the last sample did not have it.</summary>
    internal CgroupFile? UsageOf(ContainerCgroup cgroup, ReadingSet sampled)
    {
        if (!sampled.Has(Reading.CpuUsageNs)) return null;
        foreach (CgroupFile file in _usage)
        {
            if (cgroup.Exists[file.Hierarchy]) return file;
        }

        return null;
    }

    /// <summary>The file with a container's throttled periods; null if it has no quota of CPU time or the last sample did not have them.</summary>
    internal CgroupFile? ThrottlingOf(ContainerCgroup cgroup, ReadingSet sampled)
    {
        if (!sampled.Has(Reading.CpuLimitCores) || !sampled.Has(Reading.CpuNrPeriods)) return null;
        CgroupFile? file = cgroup.Carried is { HasPayload: true, HasPayloadQuota: true } ? _payloadThrottling : _throttling;
        return file is not null && cgroup.Exists[file.Hierarchy] ? file : null;
    }

    /// <summary>The file with a container's memory in use; null if the last sample did not have it.</summary>
    internal CgroupFile? MemoryOf(ContainerCgroup cgroup, ReadingSet sampled) =>
        sampled.Has(Reading.MemoryUsageBytes) && _memory is not null && cgroup.Exists[_memory.Hierarchy] ? _memory : null;

    private static bool HasUsage(CgroupFile file, CgroupFilePlan plan) => file.Kind switch
    {
        CgroupFileKind.Value => file.Reading == Reading.CpuUsageNs && !file.IsPayload,
        CgroupFileKind.CpuStat => file.IsV2 && !file.IsPayload && (file.InsteadOf >= 0 || plan.UnifiedCpuUsage),
        _ => false,
    };

    private static bool HasThrottling(CgroupFile file, CgroupFilePlan plan) =>
        file.Kind == CgroupFileKind.CpuStat && file.InsteadOf < 0 && (!file.IsV2 || plan.UnifiedCpuBandwidth);
}
