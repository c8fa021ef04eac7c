using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>fchownat(2) of an open descriptor, or of a path without following a symbolic link.</summary>
    /// <param name="directory">The descriptor itself if the path is empty; else a directory or <see cref="AT_FDCWD"/>.</param>
    /// <param name="pathWithNul">The path's bytes, ending in a NUL byte.</param>
    /// <param name="user">The user's number; -1: not changed.</param>
    /// <param name="group">The group's number; -1: not changed.</param>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Fchownat(int directory, ReadOnlySpan<byte> pathWithNul, int user, int group)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul)
            return Result(LibC.fchownat(directory, path, (uint)user, (uint)group, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
    }
}
