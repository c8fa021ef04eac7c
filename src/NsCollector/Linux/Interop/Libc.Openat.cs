using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>openat(2), read-only unless <paramref name="flags"/> says otherwise, always close-on-exec.</summary>
    /// <param name="directory">A directory descriptor, or <see cref="AT_FDCWD"/>.</param>
    /// <param name="pathWithNul">The path's bytes, ending in a NUL byte (checked: without one, -EINVAL).</param>
    /// <param name="flags">O_ flags; O_CLOEXEC is added.</param>
    /// <param name="mode">The mode of a file that is created.</param>
    /// <returns>A descriptor, or -errno.</returns>
    internal static unsafe int Openat(int directory, ReadOnlySpan<byte> pathWithNul, int flags = O_RDONLY, int mode = 0)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul) return (int)Result((long)LibC.syscall(SystemCallNumbers.Openat, directory, path, flags | O_CLOEXEC, mode));
    }
}
