using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>One file of a <see cref="CgroupFilePlan"/>: the same for every container.</summary>
/// <param name="Kind">How it is parsed.</param>
/// <param name="Hierarchy">Index into <see cref="CgroupFilePlan.Hierarchies"/>.</param>
/// <param name="NameWithNul">Its name and a NUL byte.</param>
/// <param name="Rank">Priority for being held open, 0 the highest; <see cref="NeverHeld"/> for files that are read rarely.</param>
internal sealed record CgroupFile(CgroupFileKind Kind, int Hierarchy, byte[] NameWithNul, int Rank)
{
    /// <summary>The rank of limits and states: read by path every <see cref="SampleOptions.LimitsInterval"/>, kept in between.</summary>
    internal const int NeverHeld = int.MaxValue;

    /// <summary>Whether it is read every <see cref="SampleOptions.LimitsInterval"/> only.</summary>
    internal bool IsSlow => Rank == NeverHeld;

    /// <summary>The reading of a file with one number; undefined for other kinds.</summary>
    internal Reading Reading { get; init; }

    /// <summary>Parses a flat keyed file; null for other kinds.</summary>
    internal FlatKeyedParser? Parser { get; init; }

    /// <summary>Parses the keys that only container_oom reports; null if there are none.</summary>
    internal FlatKeyedParser? OomParser { get; init; }

    /// <summary>Parsers of measurements that are off by default.</summary>
    internal ExtraParser[] Extras { get; init; } = [];

    /// <summary>Index of its resource or page size; else 0.</summary>
    internal int Item { get; init; }

    /// <summary>Whether its hierarchy is cgroup v2.</summary>
    internal bool IsV2 { get; init; }

    /// <summary>The bit of the v2 controller that must be enabled for the file to exist (<see cref="CgroupFilePlan.ControllerBit"/>); 0 if none is needed.</summary>
    internal ulong Controller { get; init; }

    /// <summary>A value from this on means no limit (v1 and hugetlb). If the kernel writes <c>max</c> for that, every number is a limit.</summary>
    internal ulong UnlimitedFrom { get; init; } = ulong.MaxValue;

    /// <summary>
    /// Whether it is in the cgroup of the container's processes below the container's own (<see cref="CarriedState.HasPayload"/>).
    /// </summary>
    internal bool IsPayload { get; init; }

    /// <summary>Whether it is read only in the innermost cgroup: in the payload's if there is one, because its numbers are about the tasks there.</summary>
    internal bool IsInnermost { get; init; }

    /// <summary>
    /// Index of the hierarchy whose files say the same more exactly: this one is read only of containers that are not there.
    /// -1: of all.
    /// </summary>
    internal int InsteadOf { get; init; } = -1;

    /// <summary>When it is read besides the cycles.</summary>
    internal ReadAlso ReadAlso { get; init; }

    /// <summary>
    /// Index of the next file if this one was read: after its alternatives (the non-recursive variant, another I/O
    /// scheduler's), which are read only if this one is missing.
    /// </summary>
    internal int Next { get; set; }

    /// <summary>Index of the next file if this one exists and names no device: after its non-recursive variant.</summary>
    internal int NextIfEmpty { get; set; }

    /// <summary>Which chain of alternatives it belongs to, of which one is chosen with the limits; -1 for none.</summary>
    internal int Chain { get; set; } = -1;
}
