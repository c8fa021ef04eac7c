using System.Collections.Immutable;
using NsCollector.Linux.Cgroup;

namespace NsCollector.Discover.Walk;

/// <summary>Which cgroup hierarchies are walked for containers.</summary>
internal static class WalkedHierarchies
{
    // Most likely first: every runtime puts its containers into these.
    private static readonly string[] PreferredControllers = ["memory", "cpuacct", "cpu", "pids", "blkio", "name=systemd", "freezer", "devices"];

    /// <summary>
    /// The unified hierarchy, and one v1 hierarchy, if they exist. A hybrid host has both: runtimes use v1, and rootless
    /// containers exist only in the unified hierarchy. For services also systemd's own v1 hierarchy: without accounting
    /// (MemoryAccounting=no, systemd before 238), a service has a cgroup in no other.
    /// </summary>
    internal static ImmutableArray<CgroupHierarchy> Choose(CgroupMounts mounts, bool systemdServices)
    {
        var walked = ImmutableArray.CreateBuilder<CgroupHierarchy>();
        CgroupHierarchy? v1 = PreferredControllers
            .Select(controller => mounts.Hierarchies.FirstOrDefault(h => !h.IsV2 && h.Controllers.Contains(controller)))
            .FirstOrDefault(hierarchy => hierarchy is not null)
            ?? mounts.Hierarchies.FirstOrDefault(hierarchy => !hierarchy.IsV2);
        if (v1 is not null) walked.Add(v1);
        if (systemdServices && mounts.Hierarchies.FirstOrDefault(h => !h.IsV2 && h.Controllers.Contains("name=systemd")) is { } systemd && systemd != v1) walked.Add(systemd);
        if (mounts.Unified is { } unified) walked.Add(unified);
        return walked.ToImmutable();
    }
}
