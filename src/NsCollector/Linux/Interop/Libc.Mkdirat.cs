using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>mkdirat(2).</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Mkdirat(int directory, ReadOnlySpan<byte> pathWithNul, int mode)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul) return Result(LibC.mkdirat(directory, path, (ushort)mode));
    }
}
