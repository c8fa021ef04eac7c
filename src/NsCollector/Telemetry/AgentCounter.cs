namespace NsCollector.Telemetry;

/// <summary>The kinds of events that <see cref="AgentCounters"/> counts.</summary>
public enum AgentCounter
{
    /// <summary>A cycle that began after its deadline.</summary>
    CyclesLate,

    /// <summary>A namespace that could not be entered, its process being alive.</summary>
    SetnsErrors,

    /// <summary>A file of a live container that could not be read or understood.</summary>
    ReadErrors,

    /// <summary>A container whose cgroup went away (an answer, not an error).</summary>
    ContainersVanished,

    /// <summary>A birth that was seen and never sampled, and whose last totals were not read either.</summary>
    ContainersMissed,

    /// <summary>A container left out because of discovery.max_containers.</summary>
    ContainersOverLimit,

    /// <summary>A cgroup directory left out because of discovery.max_cgroups or discovery.max_cgroups_in_container.</summary>
    CgroupsOverLimit,

    /// <summary>A directory of the cgroup tree that could not be read.</summary>
    DiscoveryErrors,

    /// <summary>A runtime's state file that was missing, too large or not understood.</summary>
    IdentityErrors,

    /// <summary>A cgroup file read by open, read and close because the descriptor budget was spent.</summary>
    FilesOverBudget,

    /// <summary>An interface left out because of network.max_interfaces.</summary>
    InterfacesOverLimit,

    /// <summary>A file left out because of network.max_namespace_files.</summary>
    NamespaceFilesOverLimit,

    /// <summary>A namespace whose interfaces' ends on the host were not looked for because of network.max_peers.</summary>
    PeersOverLimit,

    /// <summary>A block device left out because of cgroup.max_devices.</summary>
    DevicesOverLimit,

    /// <summary>A point that could not be encoded (longer than a batch).</summary>
    PointsUnencodable,

    /// <summary>A tag left out because a point would have become too long.</summary>
    TagsLeftOut,

    /// <summary>The number of kinds; not one itself.</summary>
    Count,
}
