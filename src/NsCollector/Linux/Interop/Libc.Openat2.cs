using System.Runtime.InteropServices;
using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>Refuse links of procfs such as /proc/PID/root and /proc/PID/fd/N (include/uapi/linux/openat2.h).</summary>
    internal static ulong RESOLVE_NO_MAGICLINKS => (ulong)LibC.RESOLVE_NO_MAGICLINKS;

    /// <summary>Resolve absolute paths, absolute links and <c>..</c> below the directory.</summary>
    internal static ulong RESOLVE_IN_ROOT => (ulong)LibC.RESOLVE_IN_ROOT;

    // The same on all architectures, as for each call since Linux 5.1.
    private const int SYS_openat2 = 437;

    /// <summary>openat2(2), Linux 5.6; always close-on-exec. The C library has no function for it.</summary>
    /// <param name="directory">A directory descriptor.</param>
    /// <param name="pathWithNul">The path's bytes, ending in a NUL byte (checked: without one, -EINVAL).</param>
    /// <param name="flags">O_ flags; O_CLOEXEC is added.</param>
    /// <param name="resolve">RESOLVE_ flags.</param>
    /// <returns>A descriptor, or -errno. -ENOSYS also if the service manager does not permit the call.</returns>
    internal static unsafe int Openat2(int directory, ReadOnlySpan<byte> pathWithNul, int flags, ulong resolve)
    {
        if (pathWithNul.IsEmpty || pathWithNul[^1] != 0) return -Errno.EINVAL;
        var how = new OpenHow { Flags = (ulong)(uint)(flags | O_CLOEXEC), Resolve = resolve };
        fixed (byte* path = pathWithNul) return (int)Result((long)LibC.syscall(SYS_openat2, directory, path, &how, sizeof(OpenHow)));
    }

    /// <summary>struct open_how.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        internal ulong Flags;
        internal ulong Mode;
        internal ulong Resolve;
    }
}
