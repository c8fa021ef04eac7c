using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal static int CLONE_NEWNS => LibC.CLONE_NEWNS;

    /// <summary>unshare(2) of the calling thread. Only <c>check --as-service</c> calls it, right before it executes itself again.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Unshare(int flags) => Result(LibC.unshare(flags));
}
