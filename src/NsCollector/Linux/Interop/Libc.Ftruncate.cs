using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "ftruncate64", SetLastError = true)]
    private static partial int FtruncateRaw(int descriptor, long length);

    /// <summary>ftruncate(2). Also gives back the blocks that fallocate(2) reserved past the end.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Ftruncate(int descriptor, long length) => Result(FtruncateRaw(descriptor, length));
}
