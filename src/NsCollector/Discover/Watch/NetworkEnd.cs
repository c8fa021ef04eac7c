using System.Collections.Immutable;

namespace NsCollector.Discover.Watch;

/// <summary>Where the last network counters of a container are found once its processes have ended.</summary>
/// <param name="NamespaceInode">The inode number of its namespace, which whatever is entered must have.</param>
/// <param name="NamespacePath">Where the runtime holds the namespace by a bind mount; null where it does not.</param>
/// <param name="Peers">
/// The interfaces of the host that are the other ends of all its interfaces but lo, each by index and name; empty where
/// not every one has such an end.
/// </param>
internal sealed record NetworkEnd(ulong NamespaceInode, string? NamespacePath, ImmutableArray<(int Index, string Name)> Peers);
