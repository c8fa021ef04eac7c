namespace NsCollector.Catalogue;

/// <summary>
/// Every number that Sample can read. The unit is in the name. The readings of a measurement are contiguous, because a row
/// (a block device, an interface) holds only the readings of its own range. The catalogue has the name of each field.
/// </summary>
#pragma warning disable CS1591 // the metric catalogue has the help text of each
internal enum Reading : ushort
{
    // container_info
    InfoPid, InfoStartedAtNs, InfoUptimeNs, InfoHealthStatus,

    // container_cpu
    CpuUsageNs, CpuUserNs, CpuSystemNs, CpuUsagePercent, CpuUsagePercentMax, CpuLimitCores, CpuQuotaUs, CpuPeriodUs, CpuEffectiveLimitCores, CpuWeight,
    CpuNrPeriods, CpuNrThrottled, CpuThrottledNs, CpuLocalThrottledNs, CpuThrottledPercentMax, CpuNrBursts, CpuBurstNs,

    // container_memory
    MemoryUsageBytes, MemoryUsageBytesMax, MemoryWorkingSetBytes, MemoryLimitBytes, MemoryEffectiveLimitBytes, MemoryUsagePercent, MemoryMaxUsageBytes,
    MemoryAnonBytes, MemoryFileBytes, MemoryShmemBytes, MemoryMappedFileBytes, MemorySwapBytes, MemorySwapLimitBytes,
    MemoryKernelBytes, MemoryKernelTcpBytes, MemoryActiveAnonBytes, MemoryInactiveAnonBytes, MemoryActiveFileBytes,
    MemoryInactiveFileBytes, MemoryUnevictableBytes, MemoryDirtyBytes, MemoryWritebackBytes,
    MemoryPgfault, MemoryPgmajfault, MemoryPgscan, MemoryPgsteal, MemoryWorkingsetRefaultAnon, MemoryWorkingsetRefaultFile,
    MemoryFailcnt, MemoryEventsHigh, MemoryOomKills,

    // container_pids
    PidsCurrent, PidsProcesses, PidsRunning, PidsUninterruptible, PidsStopped, PidsIoWait, PidsLimit, PidsPeak, PidsMaxEvents,

    // container_tcp
    TcpActiveOpens, TcpPassiveOpens, TcpAttemptFails, TcpEstabResets, TcpInSegs, TcpOutSegs, TcpRetransSegs, TcpInErrs,
    TcpOutRsts, TcpListenOverflows, TcpListenDrops, TcpTimeouts, TcpCurrEstab, TcpInUse, TcpOrphan, TcpTimeWait,

    // container_udp
    UdpInDatagrams, UdpOutDatagrams, UdpNoPorts, UdpInErrors, UdpRcvbufErrors, UdpSndbufErrors, UdpInUse,

    // container_conntrack
    ConntrackCount, ConntrackMax, ConntrackInsertFailed, ConntrackDrop, ConntrackEarlyDrop,

    // container_connections: the figures of a full dump, the states in the kernel's order, then those of the listeners
    ConnectionsAgeNs, ConnectionsCut,
    ConnectionsEstablished, ConnectionsSynSent, ConnectionsSynRecv, ConnectionsFinWait1, ConnectionsFinWait2, ConnectionsTimeWait,
    ConnectionsClose, ConnectionsCloseWait, ConnectionsLastAck, ConnectionsClosing,
    ConnectionsIpv6Established, ConnectionsIpv6SynSent, ConnectionsIpv6SynRecv, ConnectionsIpv6FinWait1, ConnectionsIpv6FinWait2,
    ConnectionsIpv6TimeWait, ConnectionsIpv6Close, ConnectionsIpv6CloseWait, ConnectionsIpv6LastAck, ConnectionsIpv6Closing,
    ConnectionsRetransmitting, ConnectionsRttMinUs, ConnectionsRttMedianUs, ConnectionsRttP95Us,
    ConnectionsReceiveQueueBytes, ConnectionsSendQueueBytes,
    ConnectionsUdpSockets, ConnectionsUdpReceiveQueueBytes, ConnectionsUdpSendQueueBytes, ConnectionsUdpDrops,
    ConnectionsUdpIpv6Sockets, ConnectionsUdpIpv6ReceiveQueueBytes, ConnectionsUdpIpv6SendQueueBytes, ConnectionsUdpIpv6Drops,
    ConnectionsListenAgeNs, ConnectionsListen, ConnectionsIpv6Listen, ConnectionsAcceptQueue, ConnectionsAcceptQueueLimit,
    ConnectionsAcceptQueuePercentMax, ConnectionsListenersNearlyFull,

    // container_netfilter and netfilter: one row for each name in each chain
    NetfilterPackets, NetfilterBytes, NetfilterRules,

    // container_cpu_core: one row for each core
    CoreUsageNs,

    // container_blkio: one row for each device
    BlkioReadBytes, BlkioWriteBytes, BlkioDiscardBytes, BlkioSyncBytes, BlkioAsyncBytes,
    BlkioReadOps, BlkioWriteOps, BlkioDiscardOps, BlkioSyncOps, BlkioAsyncOps, BlkioSectors, BlkioQueued,
    BlkioCostUsageUs, BlkioCostWaitUs, BlkioCostIndebtUs, BlkioCostIndelayUs,

    // container_pressure: one row for each resource
    PressureSomeAvg10, PressureSomeAvg60, PressureSomeAvg300, PressureSomeTotalUs,
    PressureFullAvg10, PressureFullAvg60, PressureFullAvg300, PressureFullTotalUs,

    // container_hugetlb: one row for each page size
    HugetlbUsageBytes, HugetlbMaxUsageBytes, HugetlbLimitBytes, HugetlbFailcnt,

    // container_limits
    LimitsCpusetCpusCount, LimitsCpusetMemsCount, LimitsCpuIdle, LimitsCpuShares, LimitsCpuWeight, LimitsCpuQuotaUs, LimitsCpuPeriodUs, LimitsCpuBurstUs,
    LimitsMemoryLimitBytes, LimitsMemorySoftLimitBytes, LimitsMemoryHighBytes, LimitsMemoryLowBytes, LimitsMemoryMinBytes,
    LimitsMemorySwapLimitBytes, LimitsMemorySwapHighBytes, LimitsMemoryZswapLimitBytes, LimitsMemoryMemswLimitBytes,
    LimitsMemoryKmemLimitBytes, LimitsMemoryKmemTcpLimitBytes, LimitsMemorySwappiness, LimitsMemoryOomKillDisable, LimitsMemoryOomGroup,
    LimitsPidsLimit, LimitsIoWeight, LimitsIoBfqWeight, LimitsOomScoreAdj,
    LimitsRlimitCpuSoft, LimitsRlimitCpuHard, LimitsRlimitFsizeSoft, LimitsRlimitFsizeHard, LimitsRlimitDataSoft, LimitsRlimitDataHard,
    LimitsRlimitStackSoft, LimitsRlimitStackHard, LimitsRlimitCoreSoft, LimitsRlimitCoreHard, LimitsRlimitRssSoft, LimitsRlimitRssHard,
    LimitsRlimitNprocSoft, LimitsRlimitNprocHard, LimitsRlimitNofileSoft, LimitsRlimitNofileHard, LimitsRlimitMemlockSoft,
    LimitsRlimitMemlockHard, LimitsRlimitAsSoft, LimitsRlimitAsHard, LimitsRlimitLocksSoft, LimitsRlimitLocksHard,
    LimitsRlimitSigpendingSoft, LimitsRlimitSigpendingHard, LimitsRlimitMsgqueueSoft, LimitsRlimitMsgqueueHard, LimitsRlimitNiceSoft,
    LimitsRlimitNiceHard, LimitsRlimitRtprioSoft, LimitsRlimitRtprioHard, LimitsRlimitRttimeSoft, LimitsRlimitRttimeHard,

    // container_limits: one row for each device
    LimitsDeviceReadBps, LimitsDeviceWriteBps, LimitsDeviceReadIops, LimitsDeviceWriteIops, LimitsDeviceWeight, LimitsDeviceBfqWeight,
    LimitsDeviceLatencyTargetUs,

    // container_limits: one row for each page size
    LimitsHugetlbLimitBytes, LimitsHugetlbRsvdLimitBytes,

    // container_memory_detail
    MemoryDetailMemswUsageBytes, MemoryDetailMemswMaxUsageBytes, MemoryDetailMemswFailcnt, MemoryDetailKmemUsageBytes,
    MemoryDetailKmemMaxUsageBytes, MemoryDetailKmemFailcnt, MemoryDetailKmemTcpUsageBytes, MemoryDetailKmemTcpMaxUsageBytes,
    MemoryDetailKmemTcpFailcnt, MemoryDetailUnderOom, MemoryDetailSwapMaxUsageBytes, MemoryDetailZswapBytes, MemoryDetailEventsLow,
    MemoryDetailEventsHigh, MemoryDetailEventsMax, MemoryDetailEventsOom, MemoryDetailEventsOomKill, MemoryDetailEventsOomGroupKill,
    MemoryDetailEventsLocalLow, MemoryDetailEventsLocalHigh, MemoryDetailEventsLocalMax, MemoryDetailEventsLocalOom,
    MemoryDetailEventsLocalOomKill, MemoryDetailEventsLocalOomGroupKill, MemoryDetailSwapEventsHigh, MemoryDetailSwapEventsMax,
    MemoryDetailSwapEventsFail, MemoryDetailDescendants, MemoryDetailDyingDescendants,

    // container_memory_detail: one row for each node
    MemoryNodeTotalBytes, MemoryNodeLruFileBytes, MemoryNodeLruAnonBytes, MemoryNodeUnevictableBytes, MemoryNodeAnonBytes,
    MemoryNodeFileBytes, MemoryNodeShmemBytes, MemoryNodeMappedFileBytes, MemoryNodeDirtyBytes, MemoryNodeWritebackBytes,
    MemoryNodeSwapcachedBytes, MemoryNodeAnonThpBytes, MemoryNodeFileThpBytes, MemoryNodeShmemThpBytes, MemoryNodeActiveAnonBytes,
    MemoryNodeInactiveAnonBytes, MemoryNodeActiveFileBytes, MemoryNodeInactiveFileBytes, MemoryNodeKernelStackBytes,
    MemoryNodePagetablesBytes, MemoryNodeSlabReclaimableBytes, MemoryNodeSlabUnreclaimableBytes,
    MemoryNodeOwnLruFileBytes, MemoryNodeOwnLruAnonBytes, MemoryNodeOwnUnevictableBytes,

    // container_memory_detail: one row for each resource
    MiscCurrent,

    // container_network: one row for each interface
    NetworkRxBytes, NetworkRxPackets, NetworkRxErrors, NetworkRxDropped,
    NetworkTxBytes, NetworkTxPackets, NetworkTxErrors, NetworkTxDropped, NetworkMulticast, NetworkCollisions,

    // container_qdisc: one row for each queueing discipline and end of an interface
    QdiscBytes, QdiscPackets, QdiscDrops, QdiscOverlimits, QdiscRequeues, QdiscBacklogBytes, QdiscQueueLength,

    // container_exit; a boolean is 1 or 0, a word its index in the field's words
    ExitLifetimeNs, ExitCode, ExitSignal, ExitReason, ExitOomKilled, ExitRestartCount, ExitHealthStatus,
    ExitCpuUsageNs, ExitCpuUserNs, ExitCpuSystemNs, ExitMemoryMaxUsageBytes, ExitOomKills,
    ExitReadBytes, ExitWriteBytes, ExitRxBytes, ExitTxBytes, ExitConnectionsClosed, ExitRetransSegs, ExitFinal, ExitNetworkFinal,

    // container_start
    StartFirstProcessNs, StartFirstConnectionNs, StartFirstConnectionMinNs, StartHealthyNs,

    // container_oom
    OomKills, OomKillsTotal, OomUsageBytes, OomLimitBytes, OomEffectiveLimitBytes, OomMaxUsageBytes, OomFailcnt, OomEvents,
    OomHostMemoryTotalBytes, OomHostMemoryFreeBytes, OomHostMemoryAvailableBytes, OomVictimPid, OomVictimRssBytes, OomVictimScoreAdj,

    // host_cpu
    HostCpuUserNs, HostCpuNiceNs, HostCpuSystemNs, HostCpuIdleNs, HostCpuIowaitNs, HostCpuIrqNs, HostCpuSoftirqNs,
    HostCpuStealNs, HostCpuGuestNs, HostCpuGuestNiceNs, HostCpuUsagePercent, HostCpuCount, HostCpuInterrupts,
    HostCpuContextSwitches, HostCpuForks, HostCpuRunnable, HostCpuBlocked, HostCpuPhysicalCores, HostCpuSockets,

    // host_memory
    HostMemoryTotalBytes, HostMemoryFreeBytes, HostMemoryAvailableBytes, HostMemoryBuffersBytes, HostMemoryCachedBytes,
    HostMemorySwapCachedBytes, HostMemoryActiveAnonBytes, HostMemoryInactiveAnonBytes, HostMemoryActiveFileBytes,
    HostMemoryInactiveFileBytes, HostMemoryUnevictableBytes, HostMemoryMlockedBytes, HostMemoryDirtyBytes,
    HostMemoryWritebackBytes, HostMemoryAnonBytes, HostMemoryMappedBytes, HostMemoryShmemBytes,
    HostMemorySlabReclaimableBytes, HostMemorySlabUnreclaimableBytes, HostMemoryKernelStackBytes, HostMemoryPageTablesBytes,
    HostMemoryPercpuBytes, HostMemoryVmallocUsedBytes, HostMemorySwapTotalBytes, HostMemorySwapFreeBytes,
    HostMemoryCommitLimitBytes, HostMemoryCommittedBytes, HostMemoryAnonHugePagesBytes, HostMemoryHugetlbBytes,
    HostMemoryUsagePercent,

    // host_load
    HostLoad1, HostLoad5, HostLoad15, HostLoadRunnable, HostLoadTasks,

    // host_vmstat
    HostVmPgpginBytes, HostVmPgpgoutBytes, HostVmPswpin, HostVmPswpout, HostVmPgfault, HostVmPgmajfault, HostVmPgscanKswapd,
    HostVmPgscanDirect, HostVmPgstealKswapd, HostVmPgstealDirect, HostVmAllocstallNormal, HostVmAllocstallMovable,
    HostVmWorkingsetRefaultAnon, HostVmWorkingsetRefaultFile, HostVmCompactStall, HostVmOomKill,

    // host_disk: one row for each disk
    HostDiskReadOps, HostDiskReadMerged, HostDiskReadBytes, HostDiskReadNs, HostDiskWriteOps, HostDiskWriteMerged,
    HostDiskWriteBytes, HostDiskWriteNs, HostDiskInFlight, HostDiskIoNs, HostDiskWeightedIoNs, HostDiskDiscardOps,
    HostDiskDiscardMerged, HostDiskDiscardBytes, HostDiskDiscardNs, HostDiskFlushOps, HostDiskFlushNs,

    // host_filesystem: one row for each file system; a boolean is 1 or 0
    HostFilesystemSizeBytes, HostFilesystemUsedBytes, HostFilesystemAvailableBytes, HostFilesystemInodes, HostFilesystemUsedInodes, HostFilesystemReadOnly,

    // container_state: one row for each runtime and state
    StateContainers,
    // container_filesystem: one row for each mount
    DiskUsedBytes, DiskUsedInodes, DiskLimitBytes, DiskLimitInodes, DiskUsedAgeNs,
    DiskFilesystemSizeBytes, DiskFilesystemUsedBytes, DiskFilesystemAvailableBytes, DiskFilesystemInodes, DiskFilesystemUsedInodes,

    // container_flow: one row for each direction, remote and port
    FlowIntervalNs, FlowConnectionsClosed, FlowBytesSent, FlowBytesReceived, FlowSegsOut, FlowSegsIn, FlowRetransSegs, FlowRttMeanUs, FlowRttMaxUs,
    FlowConnectionsLost,
}
