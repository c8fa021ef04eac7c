using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal static int CLONE_NEWNET => LibC.CLONE_NEWNET;

    /// <summary>
    /// setns(2). Used only for the thread's own namespace, to find out whether it is permitted. native/visit.c enters foreign
    /// namespaces, because no managed code may run there.
    /// </summary>
    /// <returns>0, or -errno.</returns>
    internal static int Setns(int descriptor, int kind) => Result(LibC.setns(descriptor, kind));
}
