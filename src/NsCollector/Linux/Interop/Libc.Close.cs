using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    private static partial int CloseRaw(int descriptor);

    /// <summary>close(2). On Linux the descriptor is gone even where an error is returned.</summary>
    internal static int Close(int descriptor) => Result(CloseRaw(descriptor));
}
