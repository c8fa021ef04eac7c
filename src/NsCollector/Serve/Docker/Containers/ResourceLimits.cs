namespace NsCollector.Serve.Docker.Containers;

/// <summary>The limits of a container, in the units of Docker's HostConfig. Null: not known.</summary>
internal sealed record ResourceLimits
{
    /// <summary>Memory in bytes; 0 for no limit.</summary>
    internal long? Memory { get; init; }

    /// <summary>Memory and swap together in bytes; -1 for no limit.</summary>
    internal long? MemorySwap { get; init; }

    /// <summary>The soft limit of memory in bytes; 0 for none.</summary>
    internal long? MemoryReservation { get; init; }

    /// <summary>CPU time in each period, in microseconds; 0 for no limit.</summary>
    internal long? CpuQuota { get; init; }

    /// <summary>The period in microseconds.</summary>
    internal long? CpuPeriod { get; init; }

    /// <summary>cpu.shares of cgroup v1; 0 for the default.</summary>
    internal long? CpuShares { get; init; }

    /// <summary>Maximum number of tasks; -1 for no limit.</summary>
    internal long? PidsLimit { get; init; }

    /// <summary>The CPUs that are set, as a list of the kernel.</summary>
    internal string? CpusetCpus { get; init; }

    /// <summary>The memory nodes that are set, as a list of the kernel.</summary>
    internal string? CpusetMems { get; init; }

    /// <summary>These limits, completed by others.</summary>
    internal ResourceLimits Or(ResourceLimits? other) => other is null ? this : new ResourceLimits
    {
        Memory = Memory ?? other.Memory,
        MemorySwap = MemorySwap ?? other.MemorySwap,
        MemoryReservation = MemoryReservation ?? other.MemoryReservation,
        CpuQuota = CpuQuota ?? other.CpuQuota,
        CpuPeriod = CpuPeriod ?? other.CpuPeriod,
        CpuShares = CpuShares ?? other.CpuShares,
        PidsLimit = PidsLimit ?? other.PidsLimit,
        CpusetCpus = CpusetCpus ?? other.CpusetCpus,
        CpusetMems = CpusetMems ?? other.CpusetMems,
    };
}
