namespace NsCollector.Sample.Cgroup;

/// <summary>State of one reading of a container's files: where the readings go, and values that decide how later files are read.</summary>
/// <param name="sample">Receives the readings.</param>
/// <param name="carried">The known limits and state; a reading of the limits replaces them.</param>
/// <param name="isWithLimits">Whether the limits are read as well.</param>
/// <param name="nowNs">The monotonic clock.</param>
internal struct CgroupReading(ContainerSample sample, CarriedState carried, bool isWithLimits, long nowNs)
{
    internal readonly ContainerSample Sample => sample;

    internal readonly CarriedState Carried => carried;

    internal readonly bool IsWithLimits => isWithLimits;

    /// <summary>container_limits; null if it is off, or if the limits are not read in this cycle.</summary>
    internal readonly LimitSample? Limits => isWithLimits ? sample.Limits : null;

    internal readonly long NowNs => nowNs;

    /// <summary>Whether memory.stat is read as well.</summary>
    internal bool IsWithStat;

    /// <summary>Whether it is of a cgroup above containers, of which no totals are shown.</summary>
    internal bool IsOfParent;

    /// <summary>Bit i is set once hierarchy i was seen to have the container's directory in this reading.</summary>
    internal ulong SeenHierarchies;

    /// <summary>cpu.cfs_quota_us in microseconds; null without a quota.</summary>
    internal ulong? QuotaV1;

    /// <summary>The container's own cpu.max or, on v1, cpu.cfs_quota_us.</summary>
    internal SingleValue OwnCpuMax = SingleValue.Empty;

    /// <summary>Whether the container's own memory limit is <c>max</c>.</summary>
    internal bool IsOwnMemoryUnlimited;

    /// <summary>Whether the last file that was parsed named any block device.</summary>
    internal bool NamesDevice;

    /// <summary>Whether cgroup.controllers has changed.</summary>
    internal bool ControllersChanged;
}
