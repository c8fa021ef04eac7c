using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal static int FALLOC_FL_KEEP_SIZE => LibC.FALLOC_FL_KEEP_SIZE;

    /// <summary>fallocate(2): reserves space on the disk. Not every file system supports it (-EOPNOTSUPP).</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Fallocate(int descriptor, int mode, long offset, long length) =>
        Result(LibC.fallocate(descriptor, mode, offset, length));
}
