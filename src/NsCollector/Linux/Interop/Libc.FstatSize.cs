using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_SIZE = 0x200;

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    private static unsafe partial int StatxRaw(int directory, byte* path, int flags, uint mask, byte* result);

    /// <summary>The size of an open file by statx(2), which needs no struct stat of each architecture.</summary>
    /// <returns>Bytes (what that means for a directory of procfs is procfs's to say), or -errno.</returns>
    internal static unsafe long FstatSize(int descriptor)
    {
        // struct statx of include/uapi/linux/stat.h: 256 bytes, stx_size at 40.
        byte* result = stackalloc byte[256];
        byte empty = 0;
        int status = Result(StatxRaw(descriptor, &empty, AT_EMPTY_PATH, STATX_SIZE, result));
        return status < 0 ? status : *(long*)(result + 40);
    }
}
