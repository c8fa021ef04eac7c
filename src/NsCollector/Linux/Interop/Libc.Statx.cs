using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    private static int AT_SYMLINK_NOFOLLOW => LibC.AT_SYMLINK_NOFOLLOW;
    private static int AT_EMPTY_PATH => LibC.AT_EMPTY_PATH;
    private static int AT_NO_AUTOMOUNT => LibC.AT_NO_AUTOMOUNT;
    private static uint STATX_BASIC_STATS => LibC.STATX_BASIC_STATS;
    internal static uint STATX_BTIME => LibC.STATX_BTIME;

    /// <summary>statx(2) of a path, not following a symbolic link at its end; of the descriptor itself if the path is empty.</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Statx(int directory, ReadOnlySpan<byte> pathWithNul, out FileStatus status)
    {
        status = default;
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul)
        fixed (FileStatus* result = &status)
            return Result(LibC.statx(directory, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, (statx*)result));
    }

    /// <summary>statx(2) of an entry of a directory that is walked: without the birth time, and without triggering an autofs mount.</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int StatxEntry(int directory, ReadOnlySpan<byte> nameWithNul, out FileStatus status)
    {
        status = default;
        if (nameWithNul.IsEmpty || nameWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* name = nameWithNul)
        fixed (FileStatus* result = &status)
            return Result(LibC.statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, (statx*)result));
    }

    /// <summary>statx(2) of a path, following symbolic links as stat(2) does.</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Stat(string path, out FileStatus status)
    {
        status = default;
        fixed (byte* bytes = WithNul(path))
        fixed (FileStatus* result = &status)
            return Result(LibC.statx(AT_FDCWD, bytes, 0, STATX_BASIC_STATS, (statx*)result));
    }
}
