namespace NsCollector.Linux.Bpf;

/// <summary>Which parts of a record the BPF program has written. The values are those of NSC_PART_ in native/bpf/cgroup_record.h.</summary>
[Flags]
internal enum RecordParts : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The page counters and events of the memory controller.</summary>
    Memory = 1,

    /// <summary>States and events of memory.stat.</summary>
    MemoryStat = 2,

    /// <summary>The pids controller.</summary>
    Pids = 4,

    /// <summary>CPU bandwidth.</summary>
    Bandwidth = 8,

    /// <summary>CPU time of cgroup v2.</summary>
    CpuTime = 16,

    /// <summary>CPU time of cgroup v1.</summary>
    Cpuacct = 32,
}
