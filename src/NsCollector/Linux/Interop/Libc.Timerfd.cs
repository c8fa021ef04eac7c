using System.Runtime.InteropServices;
using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    private const int TFD_TIMER_ABSTIME = 1;
    private const int TFD_TIMER_CANCEL_ON_SET = 2;

    /// <summary>timerfd_create(2) of CLOCK_REALTIME. Close-on-exec and non-blocking: TFD_CLOEXEC and TFD_NONBLOCK are O_CLOEXEC and O_NONBLOCK.</summary>
    /// <returns>A descriptor, or -errno.</returns>
    internal static int TimerfdCreate() => Result(LibcImports.timerfd_create(CLOCK_REALTIME, LibC.O_NONBLOCK | LibC.O_CLOEXEC));

    /// <summary>
    /// timerfd_settime(2): from now on, once CLOCK_REALTIME has been set, the next read(2) fails with ECANCELED. The timer
    /// itself never expires.
    /// </summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int TimerfdWaitForClockSet(int descriptor)
    {
        // The kernel's maximum is KTIME_MAX: 2^63-1 nanoseconds.
        TimerSpecification far = new() { Value = new Timespec { Seconds = long.MaxValue / 1_000_000_000 } };
        return Result(LibcImports.timerfd_settime(descriptor, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, null));
    }

    /// <summary>struct itimerspec of a 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimerSpecification
    {
        internal Timespec Interval;
        internal Timespec Value;
    }
}
