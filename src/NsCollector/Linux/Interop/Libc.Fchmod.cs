using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    private static partial int FchmodRaw(int descriptor, uint mode);

    /// <summary>fchmod(2), which the umask does not touch.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Fchmod(int descriptor, int mode) => Result(FchmodRaw(descriptor, (uint)mode));
}
