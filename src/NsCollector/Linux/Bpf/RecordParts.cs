namespace NsCollector.Linux.Bpf;

/// <summary>NSC_PART_...: what of a record was written.</summary>
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
}
