using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const uint STATX_BASIC_STATS = 0x7ff;
    internal const uint STATX_BTIME = 0x800;

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    private static unsafe partial int StatxRaw(int directory, byte* path, int flags, uint mask, FileStatus* status);

    /// <summary>statx(2) of a path, not following a symbolic link at its end; of the descriptor itself where the path is empty.</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Statx(int directory, ReadOnlySpan<byte> pathWithNul, out FileStatus status)
    {
        status = default;
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul)
        fixed (FileStatus* result = &status)
            return Result(StatxRaw(directory, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, result));
    }
}
