using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "mkdirat", SetLastError = true)]
    private static unsafe partial int MkdiratRaw(int directory, byte* path, uint mode);

    /// <summary>mkdirat(2).</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Mkdirat(int directory, ReadOnlySpan<byte> pathWithNul, int mode)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul) return Result(MkdiratRaw(directory, path, (uint)mode));
    }
}
