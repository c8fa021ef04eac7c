using System.Collections.Immutable;

namespace NsCollector.Linux.Cgroup;

/// <summary>One mounted cgroup hierarchy.</summary>
/// <param name="MountPoint">Where it is mounted for this process, without a trailing slash.</param>
/// <param name="Root">Which cgroup the mount point shows: <c>/</c> for the whole hierarchy, a path if only a sub-tree is mounted.</param>
/// <param name="IsV2">Whether it is the unified hierarchy (file system type cgroup2).</param>
/// <param name="Controllers">
/// On v1 the controllers mounted together (<c>cpu</c>, <c>cpuacct</c>) and the name of a named hierarchy (<c>name=systemd</c>).
/// Empty on v2: there they change at run time, and cgroup.controllers of each cgroup lists them.
/// </param>
internal sealed record CgroupHierarchy(string MountPoint, string Root, bool IsV2, ImmutableArray<string> Controllers)
{
    /// <summary>The directory of a cgroup, or null if this mount does not show it.</summary>
    /// <param name="cgroupPath">Its path below the hierarchy's root, with a leading slash: <c>/docker/ID</c>.</param>
    public string? DirectoryOf(string cgroupPath)
    {
        if (!cgroupPath.StartsWith('/')) return null;
        if (Root == "/") return cgroupPath == "/" ? MountPoint : MountPoint + cgroupPath;
        if (cgroupPath == Root) return MountPoint;
        return cgroupPath.Length > Root.Length && cgroupPath[Root.Length] == '/' && cgroupPath.StartsWith(Root, StringComparison.Ordinal)
            ? string.Concat(MountPoint, cgroupPath.AsSpan(Root.Length))
            : null;
    }

    /// <summary>The cgroup path of a directory at or below the mount point, or null if it is elsewhere.</summary>
    /// <param name="directory">A path without a trailing slash.</param>
    public string? CgroupPathOf(string directory)
    {
        if (directory == MountPoint) return Root;
        if (directory.Length <= MountPoint.Length + 1 || directory[MountPoint.Length] != '/'
            || !directory.StartsWith(MountPoint, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> below = directory.AsSpan(MountPoint.Length);
        return Root == "/" ? below.ToString() : string.Concat(Root, below);
    }
}
