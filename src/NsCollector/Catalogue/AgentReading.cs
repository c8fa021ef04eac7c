namespace NsCollector.Catalogue;

/// <summary>Numbers that the agent reports about itself in each cycle; the unit is in the name.</summary>
internal enum AgentReading
{
#pragma warning disable CS1591 // the metric catalogue has the help text of each
    Containers, NetworkNamespaces, CycleNs, CycleCpuNs, SamplingThreads, ProcessCpuNs, Points, Bytes, Cycles, CyclesLate,
    SetnsErrors, ReadErrors, ValuesImpossible, DiscoveryErrors, IdentityErrors, NamesInsideErrors, NamesInsideHung,
    EngineErrorsUnreachable, EngineErrorsTimedOut, EngineErrorsAnswer,
    ContainersVanished, ContainersMissed, ContainersOverLimit, NestedOverLimit, ParentsOverLimit, HistoryOverLimit, CgroupsOverLimit, InitSearchesOverLimit,
    FilesHeld, FilesOverBudget, FilesOverMemory, ReaderComparisons, ReaderInconclusive, ReaderMismatches, FilesystemsHung, FilesystemsOverLimit, FilesystemWalks, FilesystemWalksIncomplete, FilesystemWalkCpuNs, PeaksOverBudget, InterfacesOverLimit, ConnectionErrors, ConnectionsInterrupted, ConnectionsCut, FlowsReceived, FlowsLost, FlowsOverLimit, FlowErrors, NetfilterErrors, NetfilterInterrupted, NetfilterOverLimit, QdiscsOverLimit, NamespaceFilesOverLimit,
    PeersOverLimit, LinkMessagesLost, DevicesOverLimit, PointsUnencodable, TagsLeftOut,
    LabelsOverLimit, ImagesOverLimit,
    ContainersBorn, ContainersFoundByWalk, ContainersEnded, ExitsNotFinal, EventsLost, ExitTextsDropped, OomUnarmed, KernelLogOverruns, WatchErrors, InotifyOverflows, WatchesOverLimit, NotifyErrors, ThreadStartErrors, HttpErrors, HttpConnectionsRefused, DockerApiErrors, DockerEventsLost,
    FdsOpen, NamespaceFdsHeld, RssBytes, CgroupMemoryBytes, CgroupKernelMemoryBytes, CgroupMemoryLimitBytes, Threads, GcCollections, AllocatedBytes,
    SinkUp, SinkDownNs, SinkQueuedBytes, SinkQueuedFiles, SinkQueuedAgeNs, SinkSpoolBytes,
    SinkSentPoints, SinkSentBytes, SinkDroppedPoints, SinkRefusedPoints, SinkExpiredPoints, SinkRetries, SinkErrors, SinkRotationErrors,

    // In the order of Deliver.SinkFailure.
    SinkErrorsWrite, SinkErrorsUnreachable, SinkErrorsTimedOut, SinkErrorsTls, SinkErrorsUnauthorized, SinkErrorsNotFound, SinkErrorsThrottled,
    SinkErrorsServer, SinkErrorsRefused, SinkErrorsTooLarge, SinkErrorsNotADatabase, SinkErrorsConfiguration, SinkErrorsSpool,
    SinkErrorsSpoolDamaged, SinkErrorsRefusedFile,
}
