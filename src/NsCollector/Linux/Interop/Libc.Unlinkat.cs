using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>unlinkat(2).</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Unlinkat(int directory, ReadOnlySpan<byte> pathWithNul)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul) return Result(LibC.unlinkat(directory, path, 0));
    }
}
