namespace NsCollector.Sample.Cgroup;

/// <summary>Result of reading a container's cgroup files. A single missing file does not change it, and a failed one is only counted.</summary>
internal enum CgroupReadResult
{
    /// <summary>Every hierarchy that had the container still has it.</summary>
    Complete,

    /// <summary>
    /// Some hierarchies have lost it: a runtime is removing it right now (within about 1 ms). What was read is valid.
    /// </summary>
    PartlyVanished,

    /// <summary>No hierarchy has it, which is not an error. Nothing was read and nothing is held open.</summary>
    Vanished,
}
