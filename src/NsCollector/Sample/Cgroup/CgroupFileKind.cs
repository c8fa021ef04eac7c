namespace NsCollector.Sample.Cgroup;

/// <summary>How a cgroup file is parsed, whatever its name.</summary>
internal enum CgroupFileKind : byte
{
    // One number: see CgroupFile.Reading.
    Value, HugetlbValue, Limit,

    // Several keys: see CgroupFile.Parser.
    Keyed, HugetlbKeyed,

    // Read only for CgroupFile.Extras; NumaStat as often as memory.stat.
    Extra, NumaStat,

    Processes,

    CpuacctAll, CpuacctStat, CpuacctTicks, CpuacctPercpu, CpuStat, CpuQuotaV1, CpuPeriodV1, CpuMaxV2,
    MemoryStat, MemoryLimit, MemoryMemswLimitV1,
    BlkioBytes, BlkioOps, BlkioSectors, BlkioQueued, IoStatV2,
    PidsEvents,
    Pressure,
    HugetlbLimit,
    FreezerStateV1, CgroupEventsV2, PayloadEventsV2, PayloadProcsV1, ControllersV2, Procs,
}
