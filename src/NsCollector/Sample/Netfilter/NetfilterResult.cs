namespace NsCollector.Sample.Netfilter;

/// <summary>How a reading of a namespace's counters ended.</summary>
internal enum NetfilterResult
{
    /// <summary>At least one part of netfilter has answered.</summary>
    Read,

    /// <summary>The process has exited, or is in the host's namespace.</summary>
    Elsewhere,

    /// <summary>CAP_NET_ADMIN is missing.</summary>
    NotPermitted,

    /// <summary>All parts have failed.</summary>
    Failed,
}
