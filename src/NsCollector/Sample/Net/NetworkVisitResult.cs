namespace NsCollector.Sample.Net;

/// <summary>What became of one <see cref="NetworkTarget"/>.</summary>
internal enum NetworkVisitResult : byte
{
    /// <summary>Not visited yet.</summary>
    None,

    /// <summary>Its counters are in the sample.</summary>
    Read,

    /// <summary>The process is in the host's own namespace, whose counters are nobody's; not entered, nothing read.</summary>
    HostNamespace,

    /// <summary>The process has ended, which is an answer and not an error; nothing read.</summary>
    ProcessGone,

    /// <summary>The namespace could not be entered or read; counted, nothing read.</summary>
    Failed,
}
