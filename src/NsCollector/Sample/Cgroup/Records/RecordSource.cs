namespace NsCollector.Sample.Cgroup.Records;

/// <summary>Which part of a record says the same as a cgroup file.</summary>
internal enum RecordSource : byte
{
    /// <summary>None: the file is read.</summary>
    None,

    /// <summary>memory.usage_in_bytes, memory.current.</summary>
    MemoryUsage,

    /// <summary>memory.max_usage_in_bytes, memory.peak.</summary>
    MemoryPeak,

    /// <summary>memory.failcnt.</summary>
    MemoryFailcnt,

    /// <summary>memory.kmem.usage_in_bytes.</summary>
    KmemUsage,

    /// <summary>memory.kmem.tcp.usage_in_bytes.</summary>
    TcpUsage,

    /// <summary>memory.swap.current.</summary>
    SwapUsage,

    /// <summary>memory.oom_control.</summary>
    OomControl,

    /// <summary>memory.events.</summary>
    MemoryEvents,

    /// <summary>memory.stat.</summary>
    MemoryStat,

    /// <summary>pids.current.</summary>
    PidsCurrent,

    /// <summary>pids.peak.</summary>
    PidsPeak,

    /// <summary>pids.events.</summary>
    PidsEvents,

    /// <summary>cpu.stat of cgroup v1.</summary>
    CpuStat,

    /// <summary>cpuacct.usage.</summary>
    CpuacctUsage,

    /// <summary>cpuacct.usage_user.</summary>
    CpuacctUser,

    /// <summary>cpuacct.usage_sys.</summary>
    CpuacctSystem,

    /// <summary>cpuacct.usage_all: the two above.</summary>
    CpuacctAll,
}
