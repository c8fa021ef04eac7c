using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>Readings of a container from the files that are read with the limits only. They are kept until the next such read.</summary>
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

    /// <summary>Whether the limit of memory, or that there is none, is known.</summary>
    internal bool MemoryLimitKnown { get; set; }

    /// <summary>
    /// Whether its init process is in the cgroup <c>container</c> below its own: crun's way with the systemd driver. Some
    /// versions (1.8, Debian 12) set limits only there, and the container's own cgroup says that there are none.
    /// </summary>
    /// <remarks>Stays as it was if a reading of the limits cannot tell.</remarks>
    internal bool HasPayload { get; set; }

    /// <summary>Whether only that cgroup has a quota of CPU time, and so counts the periods in which it ran out.</summary>
    internal bool HasPayloadQuota { get; set; }

    /// <summary>Whether there is a process in the cgroup; null if not known.</summary>
    internal bool? Populated { get; set; }

    /// <summary>Whether the cgroup is frozen; null if not known.</summary>
    internal bool? Frozen { get; set; }

    // A hash of cgroup.controllers as last read.
    internal ulong Controllers { get; set; }

    /// <summary>Forgets what the coming reading of the limits tells again.</summary>
    internal void BeginLimits()
    {
        Limits.Clear();
        HugetlbLimits.AsSpan().Fill(-1);
        MemoryLimitKnown = false;
        Populated = null;
        Frozen = null;
    }

    /// <summary>Sets a limit. Of the container's own cgroup and that of its payload the lower one holds.</summary>
    internal void SetLimit(Reading reading, ulong value)
    {
        if (!Limits.TryGet(reading, out long other) || value < (ulong)other) Limits.SetUnsigned(reading, value);
    }
}
