using System.Collections.Immutable;

namespace NsCollector.Discover.Watch;

/// <summary>Where the final network counters of a container can be read after its processes have exited.</summary>
/// <param name="NamespaceInode">The inode number of its namespace. A namespace with another one is not read.</param>
/// <param name="NamespacePath">The file on which the runtime has bind-mounted the namespace; null if it has not.</param>
/// <param name="Links">The interfaces that lead out of it, whose counters are read; 64 at most.</param>
/// <param name="Version">Returned as <see cref="FinalNetwork.Version"/>.</param>
internal sealed record FinalCounterSource(ulong NamespaceInode, string? NamespacePath, ImmutableArray<FinalLink> Links, uint Version = 0);
