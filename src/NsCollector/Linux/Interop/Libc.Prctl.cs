using System.Text;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    private const int PR_SET_NAME = 15;

    /// <summary>
    /// prctl(2) PR_SET_NAME: names the calling thread for /proc/PID/task/TID/comm, and so for top -H and perf; the kernel
    /// keeps the first 15 bytes. Of native AOT, .NET 9 at least does not pass Thread.Name on.
    /// </summary>
    /// <param name="name">The name.</param>
    internal static unsafe void NameThread(string name)
    {
        // It cannot fail: the option is older than any kernel that .NET runs on.
        fixed (byte* bytes = Encoding.UTF8.GetBytes(name + '\0')) _ = LibcImports.prctl(PR_SET_NAME, bytes);
    }
}
