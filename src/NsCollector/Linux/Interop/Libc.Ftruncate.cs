using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>ftruncate(2). Also frees the blocks that fallocate(2) reserved beyond the end.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Ftruncate(int descriptor, long length) => Result(LibC.ftruncate(descriptor, length));
}
