using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>fchmod(2), which ignores the umask.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Fchmod(int descriptor, int mode) => Result(LibC.fchmod(descriptor, (ushort)mode));
}
