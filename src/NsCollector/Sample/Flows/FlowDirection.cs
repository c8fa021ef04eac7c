namespace NsCollector.Sample.Flows;

/// <summary>Which end has opened a connection.</summary>
internal enum FlowDirection : byte
{
    /// <summary>Not known: neither is proved, and no listening socket of the local port has been seen.</summary>
    Unknown,

    /// <summary>The remote one: the container has, or had, a listening socket with the local port.</summary>
    In,

    /// <summary>The container: its socket has sent the SYN.</summary>
    Out,
}
