namespace NsCollector.Sample.Cgroup;

/// <summary>How a cgroup file is parsed, whatever its name.</summary>
internal enum CgroupFileKind : byte
{
    // One number: CgroupFile.Reading says of what.
    Value, HugetlbValue, Limit,

    // Several keys: CgroupFile.Parser has them.
    Keyed, HugetlbKeyed,

    CpuacctStat, CpuacctPercpu, CpuStat, CpuQuotaV1, CpuPeriodV1, CpuMaxV2,
    MemoryStat, MemoryLimit, MemoryMemswLimitV1,
    BlkioBytes, BlkioOps, BlkioSectors, BlkioQueued, IoStatV2,
    PidsEvents,
    Pressure,
    HugetlbLimit,
    FreezerStateV1, CgroupEventsV2, PayloadEventsV2, ControllersV2, Procs,
}
