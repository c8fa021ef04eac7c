namespace NsCollector.Sample.History;

/// <summary>Something that happened to a container. Immutable.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="CgroupPath">The path of the container's cgroup. Hostile.</param>
/// <param name="TimestampNs">When it happened, in nanoseconds since the epoch.</param>
internal sealed record HistoryEvent(HistoryEventKind Kind, string CgroupPath, long TimestampNs)
{
    /// <summary>Of an OOM kill: the process id of the victim; null if the kernel's log does not say.</summary>
    public long? VictimPid { get; init; }

    /// <summary>Of an OOM kill: the name (comm) of the victim. Hostile. Null like the id.</summary>
    public string? VictimName { get; init; }

    /// <summary>Of an OOM kill: which limit was reached, in the kernel's words (CONSTRAINT_MEMCG). Null like the id.</summary>
    public string? Constraint { get; init; }
}
