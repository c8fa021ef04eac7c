using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>fchmodat(2), which follows symbolic links and ignores the umask.</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Fchmodat(int directory, ReadOnlySpan<byte> pathWithNul, int mode)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul) return Result(LibC.fchmodat(directory, path, (ushort)mode, 0));
    }
}
