using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>One file of a <see cref="CgroupFilePlan"/>: the same for every container.</summary>
/// <param name="Kind">How it is parsed.</param>
/// <param name="Hierarchy">Index into <see cref="CgroupFilePlan.Hierarchies"/>.</param>
/// <param name="NameWithNul">Its name and a NUL byte.</param>
/// <param name="Rank">How much it is worth to hold it open, 0 the most; <see cref="NeverHeld"/> for what is read seldom.</param>
internal sealed record CgroupFile(CgroupFileKind Kind, int Hierarchy, byte[] NameWithNul, int Rank)
{
    /// <summary>The rank of limits and states: read by path every <see cref="SampleOptions.LimitsInterval"/> and carried in between.</summary>
    internal const int NeverHeld = int.MaxValue;

    /// <summary>Whether it is read every <see cref="SampleOptions.LimitsInterval"/> only.</summary>
    internal bool IsSlow => Rank == NeverHeld;

    /// <summary>The reading that a file of one number gives; undefined for other kinds.</summary>
    internal Reading Reading { get; init; }

    /// <summary>Parses a flat keyed file; null for other kinds.</summary>
    internal FlatKeyedParser? Parser { get; init; }

    /// <summary>Parses what container_oom alone has of the file; null if it has nothing.</summary>
    internal FlatKeyedParser? OomParser { get; init; }

    /// <summary>Which resource or page size it is about; 0 else.</summary>
    internal int Item { get; init; }

    /// <summary>Whether its hierarchy is cgroup v2.</summary>
    internal bool IsV2 { get; init; }

    /// <summary>A limit from here on means that there is none (v1 and hugetlb); where the kernel writes <c>max</c>, every number is a limit.</summary>
    internal ulong UnlimitedFrom { get; init; } = ulong.MaxValue;

    /// <summary>
    /// Whether it is in the cgroup of the container's processes below the container's own (<see cref="CarriedState.HasPayload"/>).
    /// </summary>
    internal bool IsPayload { get; init; }

    /// <summary>When it is read besides the cycles.</summary>
    internal ReadAlso ReadAlso { get; init; }

    /// <summary>
    /// Index of the next file after this one gave what it can: past the others that say the same (the non-recursive variant,
    /// another I/O scheduler's). They are read only if this one is missing.
    /// </summary>
    internal int Next { get; set; }

    /// <summary>Index of the next file if this one exists and names no device: past its own non-recursive variant.</summary>
    internal int NextIfEmpty { get; set; }

    /// <summary>Which chain of alternatives it belongs to, of which one is chosen with the limits; -1 for none.</summary>
    internal int Chain { get; set; } = -1;
}
