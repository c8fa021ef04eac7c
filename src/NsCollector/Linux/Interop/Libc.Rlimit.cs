using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int RLIMIT_NOFILE = 7;

    /// <summary>struct rlimit: rlim_t is 64 bits wide on every 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Rlimit
    {
        internal ulong Soft;
        internal ulong Hard;
    }

    /// <summary>getrlimit(2).</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Getrlimit(int resource, out Rlimit limit)
    {
        fixed (Rlimit* pointer = &limit) return Result(LibcImports.getrlimit(resource, pointer));
    }

    /// <summary>setrlimit(2).</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Setrlimit(int resource, Rlimit limit) => Result(LibcImports.setrlimit(resource, &limit));
}
