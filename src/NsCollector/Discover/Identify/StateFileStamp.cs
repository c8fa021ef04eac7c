using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify;

/// <summary>
/// One version of a state file, by statx(2). Runtimes replace their files by rename, which changes the inode; the time of
/// change (ctime) is compared too, because chmod changes only that and can make a file readable.
/// </summary>
/// <param name="Path">Its path.</param>
/// <param name="Inode">Its inode; 0 if statx failed.</param>
/// <param name="ModifiedNs">Nanoseconds since the epoch; -errno if statx failed.</param>
/// <param name="ChangedNs">Nanoseconds since the epoch.</param>
/// <param name="Size">Bytes.</param>
internal sealed record StateFileStamp(string Path, ulong Inode, long ModifiedNs, long ChangedNs, long Size)
{
    // PATH_MAX of include/uapi/linux/limits.h, with the NUL.
    private const int MaxPathBytes = 4096;

    internal static StateFileStamp Of(string path, in FileStatus status) =>
        new(path, status.Inode, Modified(status), Changed(status), status.Size);

    internal static StateFileStamp Refused(string path, int error) => new(path, 0, error, 0, 0);

    /// <summary>Whether the path still leads to this version. One system call; allocates nothing.</summary>
    internal bool IsCurrent()
    {
        int result = Statx(Path, out FileStatus status);
        if (result < 0) return Inode == 0 && ModifiedNs == result;
        return Inode != 0 && IsOf(status);
    }

    /// <summary>Whether it is the same version at another path. The times distinguish files of two file systems with the same inode.</summary>
    internal bool IsSameVersion(StateFileStamp other) =>
        Inode == other.Inode && ModifiedNs == other.ModifiedNs && ChangedNs == other.ChangedNs && Size == other.Size;

    /// <summary>Whether the result of statx(2) is this version.</summary>
    internal bool IsOf(in FileStatus status) =>
        Inode == status.Inode && ModifiedNs == Modified(status) && ChangedNs == Changed(status) && Size == status.Size;

    /// <summary>statx(2) of a path, not following a link at its end.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Statx(string path, out FileStatus status)
    {
        Span<byte> bytes = stackalloc byte[MaxPathBytes];
        int length = Encode(path, bytes);
        status = default;
        return length < 0 ? length : Libc.Statx(Libc.AT_FDCWD, bytes[..length], out status);
    }

    /// <summary>Opens for reading without waiting for a FIFO's writer and without following a link at the path's end.</summary>
    /// <returns>A descriptor, or -errno.</returns>
    internal static int Open(string path)
    {
        Span<byte> bytes = stackalloc byte[MaxPathBytes];
        int length = Encode(path, bytes);
        return length < 0 ? length : Libc.Openat(Libc.AT_FDCWD, bytes[..length], Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW);
    }

    private static int Encode(string path, Span<byte> bytes)
    {
        if (!Encoding.UTF8.TryGetBytes(path, bytes[..^1], out int length)) return -Errno.ENAMETOOLONG;
        bytes[length] = 0;
        return length + 1;
    }

    private static long Modified(in FileStatus status) => unchecked((status.ModifiedSeconds * 1_000_000_000) + status.ModifiedNanoseconds);

    private static long Changed(in FileStatus status) => unchecked((status.ChangedSeconds * 1_000_000_000) + status.ChangedNanoseconds);
}
