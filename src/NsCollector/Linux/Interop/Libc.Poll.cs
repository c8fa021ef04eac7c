using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const short POLLIN = 1;
    internal const short POLLOUT = 4;
    internal const short POLLERR = 8;
    internal const short POLLHUP = 16;
    internal const short POLLNVAL = 32;

    /// <summary>struct pollfd. A negative descriptor is passed over.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int Descriptor;
        internal short Wanted;
        internal short Happened;
    }

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int PollRaw(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    /// <summary>poll(2) of one descriptor.</summary>
    /// <returns>What happened (POLLOUT, POLLERR, ...), 0 after the timeout, or -errno.</returns>
    internal static unsafe int Poll(int descriptor, short wanted, int timeoutMilliseconds)
    {
        PollDescriptor one = new() { Descriptor = descriptor, Wanted = wanted };
        int returned = Result(PollRaw(&one, 1, timeoutMilliseconds));
        return returned <= 0 ? returned : one.Happened;
    }

    /// <summary>poll(2) of several descriptors; what happened stands in each.</summary>
    /// <returns>With how many something happened, 0 after the timeout, or -errno.</returns>
    internal static unsafe int Poll(Span<PollDescriptor> descriptors, int timeoutMilliseconds)
    {
        fixed (PollDescriptor* first = descriptors) return Result(PollRaw(first, (nuint)descriptors.Length, timeoutMilliseconds));
    }
}
