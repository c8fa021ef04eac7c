using System.Collections.Immutable;
using NsCollector.Linux.Cgroup;

namespace NsCollector.Linux.Watch;

/// <summary>Which files the watch reads, the same for all containers. Sample creates it, because it parses the texts.</summary>
/// <param name="Hierarchies">The hierarchies of the cgroup files, at most 16.</param>
/// <param name="Files">The files, at most 32. A record has the texts in this order.</param>
/// <param name="Memory">Index of the hierarchy with the memory controller; -1 if there is none.</param>
/// <param name="Unified">Index of the unified hierarchy, whose cgroup.events says whether a process is left; -1 if there is none.</param>
internal sealed record WatchPlan(ImmutableArray<CgroupHierarchy> Hierarchies, ImmutableArray<WatchedFile> Files, int Memory, int Unified);
