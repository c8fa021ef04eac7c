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
        internal short Events;
        internal short ReturnedEvents;
    }

    /// <summary>poll(2) of one descriptor.</summary>
    /// <returns>The returned events (POLLOUT, POLLERR, ...), 0 after the timeout, or -errno.</returns>
    internal static unsafe int Poll(int descriptor, short events, int timeoutMilliseconds)
    {
        PollDescriptor one = new() { Descriptor = descriptor, Events = events };
        int result = Result(LibcImports.poll(&one, 1, timeoutMilliseconds));
        return result <= 0 ? result : one.ReturnedEvents;
    }

    /// <summary>poll(2) of several descriptors; the events are set in each.</summary>
    /// <returns>The number of descriptors with events, 0 after the timeout, or -errno.</returns>
    internal static unsafe int Poll(Span<PollDescriptor> descriptors, int timeoutMilliseconds)
    {
        fixed (PollDescriptor* first = descriptors) return Result(LibcImports.poll(first, (nuint)descriptors.Length, timeoutMilliseconds));
    }
}
