namespace NsCollector.Sample.Cgroup;

/// <summary>What became of reading a container's cgroup files. A file that is missing or failed is not told here: it is absent, or counted.</summary>
internal enum CgroupReadResult
{
    /// <summary>Every hierarchy that had the container still has it.</summary>
    Complete,

    /// <summary>
    /// Some hierarchies have lost it and others still answer: a runtime is removing it right now (within about 1 ms).
    /// What was read is good.
    /// </summary>
    PartlyVanished,

    /// <summary>No hierarchy has it (any more): an answer, not an error. Nothing was read and nothing is held open.</summary>
    Vanished,
}
