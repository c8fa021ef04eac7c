using System.Collections.Immutable;

namespace NsCollector.Catalogue;

/// <summary>
/// The figures of net/snmp and net/netstat that cAdvisor has beside those of container_tcp (TcpAdvancedStat in info/v1/container.go), by the
/// kernel's headings. Only the Prometheus page and cAdvisor's API show them.
/// </summary>
internal static class TcpDetailFigures
{
    // Not counters: the bounds of the retransmission timeout in milliseconds, and MaxConn, which is -1.
    private static readonly ImmutableArray<string> OfTcp = ["RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn", "InCsumErrors"];

    // An older or a newer kernel does not have all of them.
    private static readonly ImmutableArray<string> OfTcpExt =
    [
        "EmbryonicRsts", "SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed", "PruneCalled", "RcvPruned", "OfoPruned", "OutOfWindowIcmps",
        "LockDroppedIcmps", "TW", "TWRecycled", "TWKilled", "TCPTimeWaitOverflow", "TCPSpuriousRTOs", "TCPLossProbes", "TCPLossProbeRecovery",
        "TCPRenoRecoveryFail", "TCPSackRecoveryFail", "TCPRenoFailures", "TCPSackFailures", "TCPLossFailures", "DelayedACKs", "DelayedACKLocked",
        "DelayedACKLost", "TCPHPHits", "TCPPureAcks", "TCPHPAcks", "TCPRenoRecovery", "TCPSackRecovery", "TCPSACKReneging", "TCPFACKReorder",
        "TCPSACKReorder", "TCPRenoReorder", "TCPTSReorder", "TCPFullUndo", "TCPPartialUndo", "TCPDSACKUndo", "TCPLossUndo", "TCPFastRetrans",
        "TCPSlowStartRetrans", "TCPLostRetransmit", "TCPRetransFail", "TCPRcvCollapsed", "TCPDSACKOldSent", "TCPDSACKOfoSent", "TCPDSACKRecv",
        "TCPDSACKOfoRecv", "TCPAbortOnData", "TCPAbortOnClose", "TCPAbortOnMemory", "TCPAbortOnTimeout", "TCPAbortOnLinger", "TCPAbortFailed",
        "TCPMemoryPressures", "TCPMemoryPressuresChrono", "TCPSACKDiscard", "TCPDSACKIgnoredOld", "TCPDSACKIgnoredNoUndo", "TCPMD5NotFound",
        "TCPMD5Unexpected", "TCPMD5Failure", "TCPSackShifted", "TCPSackMerged", "TCPSackShiftFallback", "TCPBacklogDrop", "PFMemallocDrop",
        "TCPMinTTLDrop", "TCPDeferAcceptDrop", "IPReversePathFilter", "TCPReqQFullDoCookies", "TCPReqQFullDrop", "TCPFastOpenActive",
        "TCPFastOpenActiveFail", "TCPFastOpenPassive", "TCPFastOpenPassiveFail", "TCPFastOpenListenOverflow", "TCPFastOpenCookieReqd",
        "TCPSynRetrans", "TCPOrigDataSent", "PAWSActive", "PAWSEstab",
    ];

    /// <summary>All headings; their indexes are those of the figures.</summary>
    internal static ImmutableArray<string> Names { get; } = [.. OfTcp, .. OfTcpExt];

    /// <summary>The headings of the line <c>Tcp:</c> of net/snmp.</summary>
    internal static Range Tcp => ..OfTcp.Length;

    /// <summary>The headings of the line <c>TcpExt:</c> of net/netstat.</summary>
    internal static Range TcpExt => OfTcp.Length..;
}
