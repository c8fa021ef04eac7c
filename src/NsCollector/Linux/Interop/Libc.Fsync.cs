using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>fsync(2).</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Fsync(int descriptor) => Result(LibC.fsync(descriptor));
}
