using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>The name of USER_HZ for <see cref="Sysconf"/>: the unit of cpuacct.stat and /proc/PID/stat is a second divided by it.</summary>
    internal const int _SC_CLK_TCK = 2;

    /// <summary>sysconf(3).</summary>
    /// <returns>The value, or -1 where it is not known.</returns>
    [LibraryImport(Library, EntryPoint = "sysconf")]
    internal static partial nint Sysconf(int name);
}
