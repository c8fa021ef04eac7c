using System.Collections.Immutable;

namespace NsCollector.Discover.Watch;

/// <summary>Where the final network counters of a container can be read after its processes have exited.</summary>
/// <param name="NamespaceInode">The inode number of its namespace. A namespace with another one is not read.</param>
/// <param name="NamespacePath">The file on which the runtime has bind-mounted the namespace; null if it has not.</param>
/// <param name="Peers">
/// The host's veth peers of all its interfaces except lo, each by index and name; empty if one interface has no such peer.
/// </param>
internal sealed record FinalCounterSource(ulong NamespaceInode, string? NamespacePath, ImmutableArray<(int Index, string Name)> Peers);
