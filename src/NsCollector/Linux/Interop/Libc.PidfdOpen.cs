using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    // The number is the same on every architecture (include/uapi/asm-generic/unistd.h). By number, as glibc has a wrapper
    // only since 2.36, and a symbol that is missing would keep the whole executable from starting.
    private const long SYS_pidfd_open = 434;

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint PidfdOpenRaw(nint number, nint pid, nint flags);

    /// <summary>pidfd_open(2), Linux 5.3. The descriptor becomes readable when the process ends; it pins nothing of it.</summary>
    /// <returns>A descriptor (close-on-exec), or -errno: -ESRCH where there is no such process.</returns>
    internal static int PidfdOpen(int pid) => (int)Result(PidfdOpenRaw((nint)SYS_pidfd_open, pid, 0));
}
