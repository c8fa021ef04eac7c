using Tmds.Linux;

namespace NsCollector.Linux.Interop;

/// <remarks>The requests and structures are of include/uapi/linux/btrfs.h and btrfs_tree.h. All of them are little-endian on disk and here.</remarks>
internal static partial class Libc
{
    /// <summary>The size of the argument of both requests.</summary>
    internal const int BtrfsArgumentBytes = 4096;

    // _IOWR(0x94, 18, 4096) and _IOWR(0x94, 17, 4096).
    private const int BTRFS_IOC_INO_LOOKUP = unchecked((int)0xd0009412), BTRFS_IOC_TREE_SEARCH = unchecked((int)0xd0009411);

    /// <summary>ioctl BTRFS_IOC_INO_LOOKUP.</summary>
    /// <param name="descriptor">A directory of the file system; not opened with O_PATH.</param>
    /// <param name="argument">struct btrfs_ioctl_ino_lookup_args.</param>
    /// <returns>0, or -errno.</returns>
    internal static int BtrfsInodeLookup(int descriptor, Span<byte> argument) => Ioctl(descriptor, BTRFS_IOC_INO_LOOKUP, argument);

    /// <summary>ioctl BTRFS_IOC_TREE_SEARCH, for CAP_SYS_ADMIN only.</summary>
    /// <param name="descriptor">A directory of the file system; not opened with O_PATH.</param>
    /// <param name="argument">struct btrfs_ioctl_search_args.</param>
    /// <returns>0, or -errno.</returns>
    internal static int BtrfsTreeSearch(int descriptor, Span<byte> argument) => Ioctl(descriptor, BTRFS_IOC_TREE_SEARCH, argument);

    private static unsafe int Ioctl(int descriptor, int request, Span<byte> argument)
    {
        if (argument.Length != BtrfsArgumentBytes) return -Errno.EINVAL;
        fixed (byte* start = argument) return Result(LibC.ioctl(descriptor, request, start));
    }
}
