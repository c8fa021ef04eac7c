namespace NsCollector.Linux.Bpf;

/// <summary>NSC_FIELD_...: which members the running kernel's structures have.</summary>
[Flags]
internal enum RecordFields : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Usage, peak and limit of memory.</summary>
    Memory = 1 << 0,

    /// <summary>failcnt of page counters.</summary>
    MemoryFailcnt = 1 << 1,

    /// <summary>mem_cgroup.vmstats.</summary>
    Vmstats = 1 << 2,

    /// <summary>mem_cgroup.memory_events.</summary>
    MemoryEvents = 1 << 3,

    /// <summary>mem_cgroup.swap.</summary>
    Swap = 1 << 4,

    /// <summary>mem_cgroup.kmem.</summary>
    Kmem = 1 << 5,

    /// <summary>mem_cgroup.tcpmem.</summary>
    Tcp = 1 << 6,

    /// <summary>mem_cgroup.under_oom: the memory controller of cgroup v1 is built in.</summary>
    UnderOom = 1 << 7,

    /// <summary>pids_cgroup.counter.</summary>
    Pids = 1 << 8,

    /// <summary>pids_cgroup.watermark.</summary>
    PidsPeak = 1 << 9,

    /// <summary>pids_cgroup.events_limit, before 6.11.</summary>
    PidsLimitEvents = 1 << 10,

    /// <summary>pids_cgroup.events, since 6.11.</summary>
    PidsEvents = 1 << 11,

    /// <summary>task_group.cfs_bandwidth.</summary>
    Bandwidth = 1 << 12,

    /// <summary>Its bursts, since 5.18.</summary>
    Burst = 1 << 13,

    /// <summary>cgroup.bstat.</summary>
    CpuTime = 1 << 14,

    /// <summary>struct cpuacct, and where the data of each processor are.</summary>
    Cpuacct = 1 << 15,
}
