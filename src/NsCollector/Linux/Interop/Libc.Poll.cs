using System.Runtime.InteropServices;
using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal static short POLLIN => LibC.POLLIN;
    internal static short POLLOUT => LibC.POLLOUT;
    internal static short POLLERR => LibC.POLLERR;
    internal static short POLLHUP => LibC.POLLHUP;
    internal static short POLLNVAL => LibC.POLLNVAL;

    /// <summary>struct pollfd. A negative descriptor is ignored.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int Descriptor;
        internal short Wanted;
        internal short Happened;
    }

    /// <summary>poll(2) of one descriptor.</summary>
    /// <returns>What happened (POLLOUT, POLLERR, ...), 0 after the timeout, or -errno.</returns>
    internal static unsafe int Poll(int descriptor, short wanted, int timeoutMilliseconds)
    {
        PollDescriptor one = new() { Descriptor = descriptor, Wanted = wanted };
        int returned = Result(LibcImports.poll(&one, 1, timeoutMilliseconds));
        return returned <= 0 ? returned : one.Happened;
    }

    /// <summary>poll(2) of several descriptors; the events are set in each.</summary>
    /// <returns>With how many something happened, 0 after the timeout, or -errno.</returns>
    internal static unsafe int Poll(Span<PollDescriptor> descriptors, int timeoutMilliseconds)
    {
        fixed (PollDescriptor* first = descriptors) return Result(LibcImports.poll(first, (nuint)descriptors.Length, timeoutMilliseconds));
    }
}
