using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace NsCollector.Linux.Interop;

/// <summary>
/// The system calls that the agent makes itself, one a file (Libc.NAME.cs). Each takes spans and returns what the call
/// returns, or -errno: errors are values on the sampling path, and nothing there throws. The calls themselves and the
/// constants are those of Tmds.LibC (<see cref="LibC"/>); <see cref="LibcImports"/> declares what the package lacks.
/// </summary>
internal static partial class Libc
{
    internal static int AT_FDCWD => LibC.AT_FDCWD;

    private static byte[] WithNul(string path) => Encoding.UTF8.GetBytes(path + '\0');

    // errno is the marshaller's last error, which the next P/Invoke of this thread overwrites: it is read at once.
    private static int Result(int returned) => returned < 0 ? -Marshal.GetLastPInvokeError() : returned;

    private static long Result(long returned) => returned < 0 ? -Marshal.GetLastPInvokeError() : returned;
}
