namespace NsCollector.Sample.Connections;

/// <summary>What container_connections has.</summary>
internal enum ConnectionsMode
{
    /// <summary>It is not reported.</summary>
    Off,

    /// <summary>Only the figures of listening TCP sockets, which have a hash of their own.</summary>
    Listeners,

    /// <summary>Those of all TCP and UDP sockets, within a budget.</summary>
    On,
}
