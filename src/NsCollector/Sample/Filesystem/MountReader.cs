using System.Globalization;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// Reads the figures of one mount of a container that need no walk. Any call may hang if a server or disk does not answer, so this
/// class changes no state that other threads use.
/// </summary>
/// <param name="host">The host's mounts.</param>
internal sealed class MountReader(HostTree host)
{
    // PATH_MAX.
    private readonly byte[] _path = new byte[4096];

    /// <summary>Reads a mount.</summary>
    /// <param name="root">The container's root directory.</param>
    /// <param name="mount">The mount.</param>
    /// <param name="outer">The mounts of the outer container; null if the container is not nested.</param>
    /// <returns>Null if there is nothing to report: a single file, or a directory that cannot be found.</returns>
    internal MountReading? Read(int root, ContainerMount mount, Func<MountTree?> outer)
    {
        if (mount.Info.Type == "overlay") return mount.Upper is null ? null : ReadUpper(root, mount, outer);
        if (!mount.IsWhole && !mount.IsRemote)
        {
            int directory = host.OpenDirectory(mount.Info.Major, mount.Info.Minor, mount.Info.Root, out _);
            if (directory >= 0) return ReadDirectory(directory, mount);
        }

        return ReadInside(root, mount);
    }

    private MountReading? ReadUpper(int root, ContainerMount mount, Func<MountTree?> outer)
    {
        int directory = UpperDirectory.Open(root, mount, host, outer);
        return directory < 0 ? null : ReadDirectory(directory, mount);
    }

    /// <summary>Reads a directory of the host, and closes it.</summary>
    private MountReading? ReadDirectory(int place, ContainerMount mount)
    {
        var figures = new DiskFigures(mount.Point);
        long nowNs = SystemClock.MonotonicNs();
        byte[] path = PathOf(place);
        int directory = Libc.Openat(place, ".\0"u8, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NONBLOCK);
        Libc.Close(place);
        if (directory < 0) return null;
        bool isKnown = Libc.Statx(directory, [0], out FileStatus status) >= 0;
        MountInfo? through = host.MountOf(Encoding.Latin1.GetString(path));
        int top = through is null ? -Errno.ENOENT : RootedPath.OpenWithoutLinks(host.Root, Encoding.Latin1.GetBytes(through.Point));

        // For a directory of a project, statfs(2) returns the project's figures.
        bool isProject = ProjectQuota.Read(directory, top, figures, nowNs);
        if (Libc.Fstatvfs(isProject ? top : directory, out FileSystemSpace space) >= 0) SetSpace(figures.Readings, space);
        if (top >= 0) Libc.Close(top);
        if (through?.Type == "btrfs" && isKnown) BtrfsQgroup.Read(directory, status.Inode, figures, nowNs);
        Libc.Close(directory);
        figures.MoreKeys = [Encoding.Latin1.GetBytes(through?.Type ?? "")];
        figures.Texts = [figures.Texts[0], path, Encoding.Latin1.GetBytes(through?.Source ?? "")];
        return new MountReading(figures, isKnown && figures.UsedAtNs == 0 ? (status.Device, status.Inode) : null, path);
    }

    /// <summary>Reads the figures of a mount's file system through the container's root, because the host may not have the mount.</summary>
    private static MountReading? ReadInside(int root, ContainerMount mount)
    {
        if (!mount.IsReachable) return null;
        int place = RootedPath.OpenWithoutLinks(root, mount.Point);
        if (place < 0) return null;
        var figures = new DiskFigures(mount.Point);
        bool isThere = Libc.Fstatvfs(place, out FileSystemSpace space) >= 0;
        Libc.Close(place);
        if (!isThere) return null;
        SetSpace(figures.Readings, space);
        figures.MoreKeys = [Encoding.Latin1.GetBytes(mount.Info.Type)];
        figures.Texts = [[], [], Encoding.Latin1.GetBytes(mount.Info.Source)];

        // A tmpfs without a limit, and ramfs, have no size.
        if (mount.HasOwnSpace && space.SizeBytes > 0 && space.FreeBytes <= space.SizeBytes)
        {
            ulong? inodes = space.Inodes > 0 && space.FreeInodes <= space.Inodes ? space.Inodes - space.FreeInodes : null;
            figures.SetUsed(space.SizeBytes - space.FreeBytes, inodes, "statfs"u8, SystemClock.MonotonicNs());
            figures.Readings.SetUnsigned(Reading.DiskLimitBytes, space.SizeBytes);
            if (space.Inodes > 0) figures.Readings.SetUnsigned(Reading.DiskLimitInodes, space.Inodes);
        }

        return new MountReading(figures, null, []);
    }

    private static void SetSpace(ReadingSet readings, in FileSystemSpace space)
    {
        if (space.SizeBytes == 0) return;
        readings.SetUnsigned(Reading.DiskFilesystemSizeBytes, space.SizeBytes);
        if (space.FreeBytes <= space.SizeBytes) readings.SetUnsigned(Reading.DiskFilesystemUsedBytes, space.SizeBytes - space.FreeBytes);
        readings.SetUnsigned(Reading.DiskFilesystemAvailableBytes, space.AvailableBytes);

        // btrfs has no inode counts.
        if (space.Inodes == 0) return;
        readings.SetUnsigned(Reading.DiskFilesystemInodes, space.Inodes);
        if (space.FreeInodes <= space.Inodes) readings.SetUnsigned(Reading.DiskFilesystemUsedInodes, space.Inodes - space.FreeInodes);
    }

    /// <summary>The path on the host, from the link in procfs. For a removed directory, that path does not exist.</summary>
    private byte[] PathOf(int descriptor)
    {
        int length = Libc.Readlinkat(Libc.AT_FDCWD, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}\0")), _path);
        return length <= 0 || length == _path.Length ? [] : _path[..length];
    }
}
