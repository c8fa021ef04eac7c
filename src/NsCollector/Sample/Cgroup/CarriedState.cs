using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Readings of a container from the files that are read only with the limits. They are kept until the limits are read again.</summary>
internal sealed class CarriedState
{
    /// <param name="pageSizes">How many sizes of huge pages the host has.</param>
    internal CarriedState(int pageSizes)
    {
        HugetlbLimits = new long[pageSizes];
        BeginLimits();
    }

    internal ReadingSet Limits { get; } = ReadingSet.Of(SamplePart.Info, SamplePart.Scalars);

    // By page size; -1 if there is no limit.
    internal long[] HugetlbLimits { get; }

    /// <summary>Whether the memory limit is known, or that there is none.</summary>
    internal bool MemoryLimitKnown { get; set; }

    /// <summary>Whether a limit of CPU time could not be read.</summary>
    internal bool IsCpuLimitUnknown { get; set; }

    /// <summary>The lowest memory limit of the ancestors on v2, in bytes; 2^63-1 if there is none, null if it is not known.</summary>
    internal long? AncestorsMemoryBytes { get; set; }

    /// <summary>
    /// Whether its init process is in the cgroup <c>container</c> below its own: crun's way with the systemd driver. Some
    /// versions (1.8, Debian 12) set limits only there, and the container's own cgroup says that there are none.
    /// </summary>
    /// <remarks>Not changed if a reading of the limits does not show it.</remarks>
    internal bool HasPayload { get; set; }

    /// <summary>Whether only that cgroup has a quota of CPU time, and so counts the periods in which it ran out.</summary>
    internal bool HasPayloadQuota { get; set; }

    /// <summary>Whether there is a process in the cgroup; null if not known.</summary>
    internal bool? Populated { get; set; }

    /// <summary>Whether the cgroup is frozen; null if not known.</summary>
    internal bool? Frozen { get; set; }

    // A hash of cgroup.controllers as last read.
    internal ulong Controllers { get; set; }

    /// <summary>The bits of <see cref="CgroupFile.Controller"/> for controllers that are not in cgroup.controllers; 0 until that file was read.</summary>
    internal ulong DisabledControllers { get; set; }

    /// <summary>Clears what the next reading of the limits sets again.</summary>
    internal void BeginLimits()
    {
        Limits.Clear();
        HugetlbLimits.AsSpan().Fill(-1);
        MemoryLimitKnown = false;
        IsCpuLimitUnknown = false;
        AncestorsMemoryBytes = null;
        Populated = null;
        Frozen = null;
    }

    /// <summary>Sets a limit. The lower one of the container's own cgroup and its payload's applies.</summary>
    internal void SetLimit(Reading reading, ulong value)
    {
        if (!Limits.TryGet(reading, out long other) || value < (ulong)other) Limits.SetUnsigned(reading, value);
    }

    /// <summary>Sets the limit of CPU time in the same way, with its quota and period in microseconds.</summary>
    internal void SetCpuLimit(ulong quota, ulong period)
    {
        double cores = (double)quota / period;
        if (Limits.Has(Reading.CpuLimitCores) && cores >= Limits.GetDouble(Reading.CpuLimitCores)) return;
        Limits.SetDouble(Reading.CpuLimitCores, cores);
        Limits.SetUnsigned(Reading.CpuQuotaUs, quota);
        Limits.SetUnsigned(Reading.CpuPeriodUs, period);
    }

    /// <summary>Removes the limit of CPU time, because it is not known.</summary>
    internal void RemoveCpuLimit()
    {
        Limits.Remove(Reading.CpuLimitCores);
        Limits.Remove(Reading.CpuQuotaUs);
        Limits.Remove(Reading.CpuPeriodUs);
    }
}
