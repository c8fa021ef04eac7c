namespace NsCollector.Sample.Oom;

/// <summary>The limit that an OOM kill was for: oom_constraint_text in mm/oom_kill.c.</summary>
internal enum OomConstraint
{
    /// <summary>Unknown, or a word of a newer kernel.</summary>
    Unknown,

    /// <summary>CONSTRAINT_NONE: the memory of the host.</summary>
    Host,

    /// <summary>CONSTRAINT_CPUSET: the memory nodes of a cpuset.</summary>
    Cpuset,

    /// <summary>CONSTRAINT_MEMORY_POLICY: the memory nodes of a policy (set_mempolicy(2)).</summary>
    MemoryPolicy,

    /// <summary>CONSTRAINT_MEMCG: the limit of a cgroup.</summary>
    Cgroup,
}
