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

    /// <summary>
    /// A birth of which nothing was read: it was gone before it could be looked at, or was never sampled and its last totals
    /// were not read either (that it ended may be told all the same), or it ended before the name was known without which no
    /// filter chooses it.
    /// </summary>
    ContainersMissed,

    /// <summary>A container left out because of discovery.max_containers.</summary>
    ContainersOverLimit,

    /// <summary>A cgroup directory left out because of discovery.max_cgroups or discovery.max_cgroups_in_container.</summary>
    CgroupsOverLimit,

    /// <summary>A directory of the cgroup tree that could not be read.</summary>
    DiscoveryErrors,

    /// <summary>A runtime's state file, or a part of one, that could not be read, was too large or was not understood.</summary>
    IdentityErrors,

    /// <summary>A Docker Engine API that could not be reached, or that cut the connection.</summary>
    EngineErrorsUnreachable,

    /// <summary>A Docker Engine API that did not answer in time.</summary>
    EngineErrorsTimedOut,

    /// <summary>An answer of a Docker Engine API that was a refusal, too large or not understood.</summary>
    EngineErrorsAnswer,

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

    /// <summary>A container whose first process was seen while the agent ran.</summary>
    ContainersBorn,

    /// <summary>A container that came while the agent ran and that only a full walk of the cgroup tree found.</summary>
    ContainersFoundByWalk,

    /// <summary>A container that ended; each has one point container_exit.</summary>
    ContainersEnded,

    /// <summary>A container that ended and whose cgroups were gone before its last totals were read (final=false).</summary>
    ExitsNotFinal,

    /// <summary>An event in the life of a container that was lost because nobody took it.</summary>
    EventsLost,

    /// <summary>A container that could not be watched or followed (no descriptors, more than discovery.max_containers): its end is seen by walks only.</summary>
    WatchErrors,

    /// <summary>The kernel's inotify queue overflowed; a full walk followed.</summary>
    InotifyOverflows,

    /// <summary>A directory in which containers are to be expected that could not be watched (discovery.max_watches, fs.inotify.max_user_watches).</summary>
    WatchesOverLimit,

    /// <summary>A label left out because of identity.max_label_keys or identity.max_label_values, or because it is too long for a tag.</summary>
    LabelsOverLimit,

    /// <summary>An image left out because of identity.max_image_values.</summary>
    ImagesOverLimit,

    /// <summary>The number of kinds; not one itself.</summary>
    Count,
}
