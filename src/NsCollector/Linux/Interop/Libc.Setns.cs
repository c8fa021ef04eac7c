using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal static int CLONE_NEWNET => LibC.CLONE_NEWNET;

    /// <summary>
    /// setns(2). Only ever for the namespace that the thread is in already, to find out what is permitted: entering a
    /// foreign one is native/visit.c's, as no managed code may run there.
    /// </summary>
    /// <returns>0, or -errno.</returns>
    internal static int Setns(int descriptor, int kind) => Result(LibC.setns(descriptor, kind));
}
