using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>The name of USER_HZ for <see cref="Sysconf"/>: the unit of cpuacct.stat and /proc/PID/stat is a second divided by it.</summary>
    /// <remarks>glibc's bits/confname.h, the same on every architecture; the package has no names for sysconf.</remarks>
    internal const int _SC_CLK_TCK = 2;

    /// <summary>sysconf(3).</summary>
    /// <returns>The value, or -1 if it is not known.</returns>
    internal static nint Sysconf(int name) => (nint)(long)LibC.sysconf(name);
}
