namespace NsCollector.Sample;

/// <summary>State of a container, from its cgroup: the field <c>state</c> of container_info.</summary>
internal enum ContainerState : byte
{
    /// <summary>Not read.</summary>
    Unknown,

    /// <summary>It has a process.</summary>
    Running,

    /// <summary>Its cgroup is frozen (freezer.state, or <c>frozen 1</c> in cgroup.events): docker pause.</summary>
    Paused,

    /// <summary>Its cgroup has no process.</summary>
    Empty,
}
