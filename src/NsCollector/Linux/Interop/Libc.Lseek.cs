using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal static int SEEK_END => LibC.SEEK_END;

    /// <summary>lseek(2).</summary>
    /// <returns>The new offset, or -errno.</returns>
    internal static long Lseek(int descriptor, long offset, int whence) => Result((long)LibC.lseek(descriptor, offset, whence));
}
