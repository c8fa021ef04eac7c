namespace NsCollector.Discover.Identify;

/// <summary>Where the name of a runtime's containers is found.</summary>
internal enum NameSource
{
    /// <summary>In the cgroup path only.</summary>
    Path,

    /// <summary>In the cgroup path; the runtime's state files may replace it.</summary>
    PathThenState,

    /// <summary>Only in the runtime's state files or its daemon.</summary>
    State,
}
