namespace NsCollector.Linux.Bpf;

/// <summary>enum memcg_memory_event (include/linux/memcontrol.h): the index of <see cref="CgroupRecord.MemoryEvents"/>.</summary>
internal enum MemoryEvent
{
    /// <summary>MEMCG_LOW.</summary>
    Low,

    /// <summary>MEMCG_HIGH.</summary>
    High,

    /// <summary>MEMCG_MAX.</summary>
    Max,

    /// <summary>MEMCG_OOM.</summary>
    Oom,

    /// <summary>MEMCG_OOM_KILL.</summary>
    OomKill,
}
