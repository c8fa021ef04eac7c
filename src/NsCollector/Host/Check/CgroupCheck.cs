using System.Collections.Immutable;
using NsCollector.Host.Configuration;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;

namespace NsCollector.Host.Check;

/// <summary>The cgroup hierarchies, and the measurements whose controller is missing.</summary>
internal static class CgroupCheck
{
    internal static IEnumerable<Finding> Findings(CgroupMounts mounts, SampleOptions options)
    {
        if (mounts.Hierarchies.IsEmpty)
        {
            yield return Finding.Fail("cgroups: no hierarchy is mounted or visible, so no container can be found; inside a container, mount the host's /sys/fs/cgroup and name it with --cgroup");
            yield break;
        }

        bool v1 = mounts.Hierarchies.Any(hierarchy => !hierarchy.IsV2);
        yield return Finding.Ok("cgroups: " + (v1, mounts.Unified is not null) switch
        {
            (true, true) => "v1 with a unified hierarchy beside it (hybrid)",
            (true, false) => "v1",
            _ => "v2",
        });

        HashSet<string> unified = [];
        foreach (CgroupHierarchy hierarchy in mounts.Hierarchies)
        {
            ImmutableArray<string> controllers = hierarchy.Controllers;
            if (hierarchy.IsV2)
            {
                string? enabled = TextFile.Read(hierarchy.MountPoint + "/cgroup.controllers");
                controllers = [.. enabled?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? []];
                unified.UnionWith(controllers);
            }

            string sub = hierarchy.Root == "/" ? "" : $", showing only {Printable.Text(hierarchy.Root)}";
            yield return Finding.Ok($"  {Printable.Text(hierarchy.MountPoint)}: {(hierarchy.IsV2 ? "v2" : "v1")}, {(controllers.IsEmpty ? "no controllers" : Printable.Text(string.Join(" ", controllers)))}{sub}");
        }

        (string V1, string V2, string Missing, bool IsEnabled)[] needs =
        [
            ("cpuacct", "cpu", "the CPU time in container_cpu", true),
            ("cpu", "cpu", "limits and throttling in container_cpu", true),
            ("memory", "memory", "container_memory", true),
            ("pids", "pids", "container_pids", true),
            ("blkio", "io", "container_blkio", options.Blkio),
            ("hugetlb", "hugetlb", "container_hugetlb", options.Hugetlb),
        ];
        foreach ((string nameV1, string nameV2, string missing, bool isEnabled) in needs)
        {
            bool exists = mounts.Hierarchies.Any(hierarchy => !hierarchy.IsV2 && hierarchy.Controllers.Contains(nameV1)) || unified.Contains(nameV2);

            // On v2, cpu.stat has the CPU time in every cgroup, even if the controller is not enabled.
            if (nameV1 == "cpuacct" && mounts.Unified is not null && !v1) exists = true;
            if (isEnabled && !exists) yield return Finding.Warn($"cgroup controller {(v1 ? nameV1 : nameV2)} is missing: {missing} cannot be read");
        }

        if (options.Pressure && mounts.Unified is null) yield return Finding.Warn("cgroups: no unified hierarchy is mounted: container_pressure cannot be read");
    }
}
