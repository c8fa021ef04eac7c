namespace NsCollector.Sample.Net;

/// <summary>Result of the visit of one <see cref="NetworkTarget"/>.</summary>
internal enum NetworkVisitResult : byte
{
    /// <summary>Not visited yet.</summary>
    None,

    /// <summary>Its counters are in the sample.</summary>
    Read,

    /// <summary>The process is in the host's own namespace, whose counters belong to no container; nothing was read.</summary>
    HostNamespace,

    /// <summary>The process has exited, which is not an error; nothing was read.</summary>
    ProcessGone,

    /// <summary>The namespace could not be entered or read, which was counted.</summary>
    Failed,
}
