using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

/// <summary>
/// The system calls of libc that the agent makes itself, one a file (Libc.NAME.cs). Each returns what the call returns,
/// or -errno: errors are values on the sampling path, and nothing there throws.
/// </summary>
internal static partial class Libc
{
    internal const string Library = "libc";

    internal const int O_RDONLY = 0;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_DIRECTORY = 0x10000;
    internal const int O_PATH = 0x200000;
    internal const int AT_FDCWD = -100;

    private static int Result(int returned) => returned < 0 ? -Marshal.GetLastPInvokeError() : returned;

    private static nint Result(nint returned) => returned < 0 ? -Marshal.GetLastPInvokeError() : returned;
}
