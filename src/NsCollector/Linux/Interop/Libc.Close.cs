using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>close(2). On Linux the descriptor is closed even if an error is returned.</summary>
    internal static int Close(int descriptor) => (int)Result((long)LibC.syscall(SystemCallNumbers.Close, descriptor));
}
