namespace NsCollector.Telemetry;

/// <summary>The kinds of events that <see cref="AgentCounters"/> counts.</summary>
public enum AgentCounter
{
    /// <summary>A cycle that began after its deadline.</summary>
    CyclesLate,

    /// <summary>A network namespace that could not be entered although its process is alive.</summary>
    SetnsErrors,

    /// <summary>A file of a live container that could not be read or parsed.</summary>
    ReadErrors,

    /// <summary>A number of the kernel left out because it cannot be: a counter that fell below zero, or over 2^63-1.</summary>
    ValuesImpossible,

    /// <summary>A container whose cgroup was removed (not an error).</summary>
    ContainersVanished,

    /// <summary>
    /// A container that started and of which nothing was read: neither a sample nor final totals, or it ended before the name
    /// that a filter needs was known. Its exit may be published nevertheless.
    /// </summary>
    ContainersMissed,

    /// <summary>A container left out because of discovery.max_containers.</summary>
    ContainersOverLimit,

    /// <summary>A container inside another container, or of a user, left out because of discovery.max_containers_in_container.</summary>
    NestedOverLimit,

    /// <summary>A cgroup that contains containers, left out because of http.max_parents. Counted once for each change of the list of containers.</summary>
    ParentsOverLimit,

    /// <summary>A sample that was dropped before http.history because of http.history_memory.</summary>
    HistoryOverLimit,

    /// <summary>A cgroup directory left out because of discovery.max_cgroups or discovery.max_cgroups_in_container.</summary>
    CgroupsOverLimit,

    /// <summary>A search for a container's init process that ended early because of discovery.max_init_candidates.</summary>
    InitSearchesOverLimit,

    /// <summary>A directory of the cgroup tree that could not be read.</summary>
    DiscoveryErrors,

    /// <summary>A runtime's state file, or a part of one, that was too large or could not be read or parsed.</summary>
    IdentityErrors,

    /// <summary>A state file inside a container that was too large, not a file, or could not be read or parsed.</summary>
    NamesInsideErrors,

    /// <summary>A container whose files did not answer in time, so that no names are read there until it ends.</summary>
    NamesInsideHung,

    /// <summary>A connection to a Docker Engine API that failed or was closed early.</summary>
    EngineErrorsUnreachable,

    /// <summary>A request to a Docker Engine API that got no complete response in time.</summary>
    EngineErrorsTimedOut,

    /// <summary>A response of a Docker Engine API that was an error, too large or could not be parsed.</summary>
    EngineErrorsAnswer,

    /// <summary>A cgroup file read by open, read and close because no more files may be held.</summary>
    FilesOverBudget,

    /// <summary>A held cgroup file that was closed because the memory of the agent's cgroup was nearly used up.</summary>
    FilesOverMemory,

    /// <summary>A field that was compared with two readings of its file (cgroup.reader).</summary>
    ReaderComparisons,

    /// <summary>A field that changed meanwhile, so that it could not be compared.</summary>
    ReaderInconclusive,

    /// <summary>A field that differed from its file.</summary>
    ReaderMismatches,

    /// <summary>A thread that could not be started.</summary>
    ThreadStartErrors,

    /// <summary>A file system of the host or of a container that did not answer.</summary>
    FilesystemsHung,

    /// <summary>HTTP responses that failed or took too long.</summary>
    HttpErrors,

    /// <summary>HTTP connections that were closed because http.max_connections or docker_api.max_connections were open.</summary>
    HttpConnectionsRefused,
    /// <summary>Answers of Docker's API that failed or took too long.</summary>
    DockerApiErrors,

    /// <summary>Events that a client of Docker's API read too late (docker_api.events_kept).</summary>
    DockerEventsLost,

    /// <summary>A file system of the host left out because of host.max_filesystems, or a volume because of filesystem.max_volumes or too many mounts.</summary>
    FilesystemsOverLimit,

    /// <summary>A completed walk of a container's directory.</summary>
    FilesystemWalks,

    /// <summary>A walk that ended early because of an error, or because the tree was deeper or had more hard links than there was room for.</summary>
    FilesystemWalksIncomplete,

    /// <summary>CPU time of walks, in nanoseconds.</summary>
    FilesystemWalkCpuNs,

    /// <summary>A sample of a container that is not looked at between samples, or only in part, because descriptors or memory do not suffice.</summary>
    PeaksOverBudget,

    /// <summary>An interface left out because of network.max_interfaces.</summary>
    InterfacesOverLimit,

    /// <summary>A count of sockets that the kernel refused, or of which an answer was not understood.</summary>
    ConnectionErrors,

    /// <summary>A count of sockets that may not be consistent, as the kernel says (NLM_F_DUMP_INTR).</summary>
    ConnectionsInterrupted,

    /// <summary>A count of sockets that ended early because of network.max_sockets.</summary>
    ConnectionsCut,

    /// <summary>Closed TCP connections that were received.</summary>
    FlowsReceived,

    /// <summary>Closed TCP connections that were lost, because the buffer of the socket was full.</summary>
    FlowsLost,

    /// <summary>Closed TCP connections that have no point of their own because of network.flows_max_remotes.</summary>
    FlowsOverLimit,

    /// <summary>A message about a closed connection that was not understood, or a namespace whose number is not known.</summary>
    FlowErrors,
    /// <summary>Readings of netfilter's counters that the kernel refused, or of which an answer was not understood.</summary>
    NetfilterErrors,

    /// <summary>Readings of netfilter's counters that may not be consistent, because rules changed meanwhile.</summary>
    NetfilterInterrupted,

    /// <summary>Readings of netfilter's counters that left out rules because of network.max_netfilter_rules.</summary>
    NetfilterOverLimit,

    /// <summary>A queueing discipline left out because of network.max_qdiscs, or a dump of them that was too long.</summary>
    QdiscsOverLimit,

    /// <summary>A network namespace file left out because of network.max_namespace_files.</summary>
    NamespaceFilesOverLimit,

    /// <summary>A network namespace whose veth peers on the host were not looked up because of network.max_peers.</summary>
    PeersOverLimit,

    /// <summary>Times that messages about removed interfaces were lost because network.removal_buffer was full or their socket failed.</summary>
    LinkMessagesLost,

    /// <summary>A block device left out because of cgroup.max_devices.</summary>
    DevicesOverLimit,

    /// <summary>A point that could not be encoded (longer than a batch).</summary>
    PointsUnencodable,

    /// <summary>A tag left out because the point would have been too long.</summary>
    TagsLeftOut,

    /// <summary>A container whose first process started while the agent ran.</summary>
    ContainersBorn,

    /// <summary>A container that appeared while the agent ran and that only a full walk of the cgroup tree found.</summary>
    ContainersFoundByWalk,

    /// <summary>A container that ended; each has one point container_exit.</summary>
    ContainersEnded,

    /// <summary>A container that ended and whose cgroups were removed before its final totals were read (final=false).</summary>
    ExitsNotFinal,

    /// <summary>An exit or OOM kill that was detected but dropped because the event queue was full.</summary>
    EventsLost,

    /// <summary>Times that the kernel's log was overwritten before it was read; the victims of OOM kills at that time may be unknown.</summary>
    KernelLogOverruns,

    /// <summary>A container that could not be watched (no descriptors, more than discovery.max_containers): only a walk of the cgroup tree detects its exit.</summary>
    WatchErrors,

    /// <summary>The kernel's inotify queue overflowed; a full walk followed.</summary>
    InotifyOverflows,

    /// <summary>A directory where containers are expected that inotify could not watch (discovery.max_watches, fs.inotify.max_user_watches).</summary>
    WatchesOverLimit,

    /// <summary>A label, environment variable or tag of an orchestrator left out because of its limit (identity.max_…), or because it is too long for a tag.</summary>
    LabelsOverLimit,

    /// <summary>An image left out because of identity.max_image_values.</summary>
    ImagesOverLimit,

    /// <summary>The number of kinds; not a kind.</summary>
    Count,
}
