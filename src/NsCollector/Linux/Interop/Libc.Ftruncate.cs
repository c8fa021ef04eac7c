using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>ftruncate(2). Also gives back the blocks that fallocate(2) reserved past the end.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Ftruncate(int descriptor, long length) => Result(LibC.ftruncate(descriptor, length));
}
