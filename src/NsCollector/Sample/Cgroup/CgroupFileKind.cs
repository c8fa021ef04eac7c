namespace NsCollector.Sample.Cgroup;

/// <summary>What a cgroup file is, whatever its name: how it is parsed and where its numbers go.</summary>
internal enum CgroupFileKind : byte
{
    CpuacctUsage, CpuacctUser, CpuacctSystem, CpuacctStat, CpuacctPercpu,
    CpuStat, CpuQuotaV1, CpuPeriodV1, CpuSharesV1, CpuMaxV2, CpuWeightV2,
    MemoryUsage, MemoryStat, MemoryMaxUsage, MemoryFailcnt, MemoryOomControlV1, MemoryEventsV2,
    MemoryKernel, MemoryKernelTcp, MemorySwap, MemoryLimit, MemoryMemswLimitV1, MemorySwapLimitV2,
    BlkioBytes, BlkioOps, BlkioSectors, BlkioQueued, IoStatV2,
    PidsCurrent, PidsPeak, PidsEvents, PidsLimit,
    Pressure,
    HugetlbUsage, HugetlbMaxUsage, HugetlbFailcnt, HugetlbEventsV2, HugetlbLimit,
    FreezerStateV1, CgroupEventsV2, PayloadEventsV2, ControllersV2, Procs,
}
