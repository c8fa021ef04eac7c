using System.Collections.Immutable;
using NsCollector.Linux.Cgroup;

namespace NsCollector.Linux.Watch;

/// <summary>What is read of every container that ends: the same for all, made once by Sample, which understands the texts.</summary>
/// <param name="Hierarchies">The hierarchies that any file is in, 16 at the most.</param>
/// <param name="Files">The files, 32 at the most; a text is known by its index here.</param>
/// <param name="Memory">Index of the hierarchy that has the memory controller; -1 where there is none.</param>
/// <param name="Unified">Index of the unified hierarchy, whose cgroup.events tells whether a process is left; -1 where there is none.</param>
internal sealed record WatchPlan(ImmutableArray<CgroupHierarchy> Hierarchies, ImmutableArray<WatchedFile> Files, int Memory, int Unified);
