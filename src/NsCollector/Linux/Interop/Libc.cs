using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace NsCollector.Linux.Interop;

/// <summary>
/// The system calls of the agent, one in each file (Libc.NAME.cs). Each takes spans and returns the result of the call, or
/// -errno: errors are values on the sampling path, and nothing throws there. The calls and constants are those of Tmds.LibC
/// (<see cref="LibC"/>); <see cref="LibcImports"/> declares what is missing in the package.
/// </summary>
internal static partial class Libc
{
    internal static int AT_FDCWD => LibC.AT_FDCWD;

    private static byte[] WithNul(string path) => Encoding.UTF8.GetBytes(path + '\0');

    // errno is the marshaller's last error. It is read at once, because the next P/Invoke of this thread overwrites it.
    private static int Result(int returned) => returned < 0 ? -Marshal.GetLastPInvokeError() : returned;

    private static long Result(long returned) => returned < 0 ? -Marshal.GetLastPInvokeError() : returned;
}
