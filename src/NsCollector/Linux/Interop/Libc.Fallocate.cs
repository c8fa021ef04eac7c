using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int FALLOC_FL_KEEP_SIZE = 1;

    [LibraryImport(Library, EntryPoint = "fallocate64", SetLastError = true)]
    private static partial int FallocateRaw(int descriptor, int mode, long offset, long length);

    /// <summary>fallocate(2): room on the disk before anything is written. Not every file system can (-EOPNOTSUPP).</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Fallocate(int descriptor, int mode, long offset, long length) =>
        Result(FallocateRaw(descriptor, mode, offset, length));
}
