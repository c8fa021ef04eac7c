using NsCollector.Discover;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Flows;
using static NsCollector.Linux.Interop.NativeShim;
using NsCollector.Sample.Qdiscs;

namespace NsCollector.Sample.Net;

/// <summary>One namespace to visit, by the init process of the container that owns it. Reused from cycle to cycle.</summary>
internal sealed class NetworkTarget
{
    /// <summary>The index of the container in <see cref="ContainerList.Containers"/>, for <see cref="NetworkNamespaces.Record"/>.</summary>
    public int ContainerIndex { get; set; }

    /// <summary>The process whose namespace is entered.</summary>
    public ProcessDirectory? Init { get; set; }

    /// <summary>
    /// Receives <see cref="ContainerSample.Interfaces"/> and <see cref="ContainerSample.Protocols"/>. Both are cleared first,
    /// so that a failed visit leaves no readings of the previous cycle.
    /// </summary>
    public ContainerSample? Sample { get; set; }

    /// <summary>Whether the protocols are left out this time.</summary>
    public bool SkipsProtocols { get; set; }

    /// <summary>Says which sockets are counted, and receives the figures; null: none.</summary>
    public ContainerConnections? Connections { get; set; }

    /// <summary>Receives the ports of listening sockets, if it wants them, and the connections of a full dump; null: none.</summary>
    public FlowNamespace? Flows { get; set; }

    /// <summary>Which sockets are counted for <see cref="Connections"/>.</summary>
    internal SocketDumps WantedConnections => Connections?.Turn.Wanted ?? SocketDumps.None;

    /// <summary>Whether the connections of a full dump are passed to <see cref="Flows"/>.</summary>
    internal bool WantsFlows => Flows is not null && (WantedConnections & SocketDumps.Tcp) != 0;

    /// <summary>Which sockets are listed in all.</summary>
    internal SocketDumps WantedDumps => WantedConnections
        | (Flows is { WantsPorts: true } ? SocketDumps.Listeners : SocketDumps.None)
        | (WantsFlows ? SocketDumps.Flows : SocketDumps.None);

    /// <summary>Says whether queueing disciplines are read, and receives the interfaces; null: they are not.</summary>
    public ContainerQdiscs? Qdiscs { get; set; }

    /// <summary>The result of the visit.</summary>
    public NetworkVisitResult Result { get; internal set; }

    /// <summary>The namespace of the process, comparable with <see cref="NetworkVisitor.IdentityOf"/>; 0 if not known.</summary>
    public ulong NamespaceInode { get; internal set; }
}
