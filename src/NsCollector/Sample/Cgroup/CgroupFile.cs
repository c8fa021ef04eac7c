namespace NsCollector.Sample.Cgroup;

/// <summary>One file of a <see cref="CgroupFilePlan"/>: the same for every container.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Hierarchy">Index into <see cref="CgroupFilePlan.Hierarchies"/>.</param>
/// <param name="NameWithNul">Its name and a NUL byte.</param>
/// <param name="Rank">How much it is worth to hold it open, 0 the most; <see cref="NeverHeld"/> for what is read seldom.</param>
/// <param name="Item">Which resource or page size it is about; 0 else.</param>
internal sealed record CgroupFile(CgroupFileKind Kind, int Hierarchy, byte[] NameWithNul, int Rank, int Item)
{
    /// <summary>The rank of limits and states: read by path every <see cref="SampleOptions.LimitsInterval"/> and carried in between.</summary>
    internal const int NeverHeld = int.MaxValue;

    /// <summary>Whether it is read every <see cref="SampleOptions.LimitsInterval"/> only.</summary>
    internal bool IsSlow => Rank == NeverHeld;

    /// <summary>
    /// Whether it is in the cgroup of the container's processes below the container's own (<see cref="ContainerCgroup.HasPayload"/>).
    /// </summary>
    internal bool IsOfPayload { get; init; }

    /// <summary>
    /// Index of the file to go on with once this one gave what it can: past the others that say the same (the
    /// non-recursive variant, another I/O scheduler's). They are asked only where this one is missing.
    /// </summary>
    internal int Next { get; set; }

    /// <summary>Index of the file to go on with where this one is there and names no device: past its own non-recursive variant.</summary>
    internal int NextIfEmpty { get; set; }

    /// <summary>Which chain of alternatives it belongs to, of which one is chosen with the limits; -1 for none.</summary>
    internal int Chain { get; set; } = -1;
}
