using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int CLOCK_REALTIME = 0;
    internal const int CLOCK_MONOTONIC = 1;
    internal const int CLOCK_PROCESS_CPUTIME_ID = 2;
    internal const int CLOCK_THREAD_CPUTIME_ID = 3;
    internal const int CLOCK_BOOTTIME = 7;

    /// <summary>clock_gettime(2).</summary>
    /// <returns>Nanoseconds, or -errno.</returns>
    internal static unsafe long ClockGettime(int clock)
    {
        Timespec time;
        int result = Result(LibcImports.clock_gettime(clock, &time));
        return result < 0 ? result : (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    /// <summary>struct timespec of a 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
