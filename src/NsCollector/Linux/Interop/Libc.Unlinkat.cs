using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true)]
    private static unsafe partial int UnlinkatRaw(int directory, byte* path, int flags);

    /// <summary>unlinkat(2).</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Unlinkat(int directory, ReadOnlySpan<byte> pathWithNul)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        fixed (byte* path = pathWithNul) return Result(UnlinkatRaw(directory, path, 0));
    }
}
