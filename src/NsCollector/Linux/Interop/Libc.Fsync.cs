using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    private static partial int FsyncRaw(int descriptor);

    /// <summary>fsync(2).</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Fsync(int descriptor) => Result(FsyncRaw(descriptor));
}
