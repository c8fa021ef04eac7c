using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int CLONE_NEWNET = 0x40000000;

    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    private static partial int SetnsRaw(int descriptor, int kind);

    /// <summary>
    /// setns(2). Only ever for the namespace that the thread is in already, to find out what is permitted: entering a
    /// foreign one is native/visit.c's, as no managed code may run there.
    /// </summary>
    /// <returns>0, or -errno.</returns>
    internal static int Setns(int descriptor, int kind) => Result(SetnsRaw(descriptor, kind));
}
