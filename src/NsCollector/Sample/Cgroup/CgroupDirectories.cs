using System.Text;
using NsCollector.Discover;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Cgroup;

/// <summary>Finds a container's directory in each hierarchy and checks whether it still exists.</summary>
internal static class CgroupDirectories
{
    /// <summary>Finds the directories of a new container. May allocate.</summary>
    internal static void Find(ContainerCgroup cgroup, CgroupHierarchy[] hierarchies, CgroupFileReader reader)
    {
        Container container = cgroup.Container;
        string? processCgroups = null;
        string last = LastComponent(container.CgroupPath);
        string? previous = null;
        byte[]? previousBytes = null;
        for (int i = 0; i < hierarchies.Length; i++)
        {
            CgroupHierarchy hierarchy = hierarchies[i];
            bool exists = hierarchy.DirectoryOf(container.CgroupPath) is { } directory && SetDirectory(i, directory);
            if (!exists && container.Init is { } init)
            {
                // A runtime may use different parents in different hierarchies; the last component is the container's own.
                processCgroups ??= ReadProcessCgroups(init, reader);
                string? other = ProcessCgroupParser.PathOf(processCgroups, hierarchy);
                exists = other is not null && LastComponent(other) == last
                    && hierarchy.DirectoryOf(other) is { } elsewhere && SetDirectory(i, elsewhere);
            }

            cgroup.Exists[i] = exists;
        }

        bool SetDirectory(int hierarchy, string directory)
        {
            if (directory != previous)
            {
                previous = directory;
                previousBytes = Encoding.UTF8.GetBytes(directory + "/");
            }

            cgroup.Directories[hierarchy] = previousBytes;
            return Exists(previousBytes!, out cgroup.Inodes[hierarchy]);
        }
    }

    /// <summary>Looks again for missing directories: a runtime creates them one after the other.</summary>
    internal static void RecheckMissing(ContainerCgroup cgroup)
    {
        for (int i = 0; i < cgroup.Exists.Length; i++)
        {
            if (cgroup.Exists[i] || cgroup.Directories[i] is not { } directory || !Exists(directory, out cgroup.Inodes[i])) continue;
            cgroup.Exists[i] = true;
            cgroup.LostSome = false;
        }
    }

    /// <summary>Whether the directory exists and is the same. One created in its place is another container, whose counters begin at 0.</summary>
    internal static bool StillExists(ContainerCgroup cgroup, int hierarchy) =>
        Exists(cgroup.Directories[hierarchy]!, out ulong inode) && (inode == cgroup.Inodes[hierarchy] || inode == 0);

    /// <summary>The same for any hierarchy that had the container at the last check.</summary>
    internal static bool StillExistsAnywhere(ContainerCgroup cgroup)
    {
        for (int i = 0; i < cgroup.Exists.Length; i++)
        {
            if (cgroup.Exists[i] && StillExists(cgroup, i)) return true;
        }

        return false;
    }

    /// <summary>
    /// Number of cgroups directly below the container's own, or below <paramref name="below"/> in it; -1 if it is not known. kernfs
    /// includes them in the link count of the directory (kernfs_refresh_inode in fs/kernfs/inode.c).
    /// </summary>
    internal static int CountChildren(ContainerCgroup cgroup, int hierarchy, ReadOnlySpan<byte> below)
    {
        byte[] directory = cgroup.Directories[hierarchy]!;
        if (directory.Length + below.Length >= 4096) return -1;
        Span<byte> path = stackalloc byte[directory.Length + below.Length + 1];
        directory.CopyTo(path);
        below.CopyTo(path[directory.Length..]);
        path[^1] = 0;
        return Libc.Statx(Libc.AT_FDCWD, path, out FileStatus status) == 0 && status.Links >= 2 ? (int)status.Links - 2 : -1;
    }

    private static bool Exists(byte[] directory, out ulong inode)
    {
        inode = 0;
        // PATH_MAX: the kernel accepts no longer path in one call.
        if (directory.Length >= 4096) return false;
        Span<byte> path = stackalloc byte[directory.Length + 1];
        directory.CopyTo(path);
        path[^1] = 0;
        int result = Libc.Statx(Libc.AT_FDCWD, path, out FileStatus status);
        inode = status.Inode;

        // Anything else (no permission, no memory) is no proof that it is gone.
        return result is not (-Errno.ENOENT or -Errno.ENOTDIR or -Errno.ENODEV or -Errno.ENAMETOOLONG);
    }

    private static string ReadProcessCgroups(ProcessDirectory process, CgroupFileReader reader)
    {
        int length = process.Descriptor >= 0 ? reader.ReadAt(process.Descriptor, "cgroup\0"u8) : -1;
        return length > 0 ? Encoding.UTF8.GetString(reader.Text(length)) : "";
    }

    private static string LastComponent(string path) => path[(path.LastIndexOf('/') + 1)..];
}
