using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const short POLLOUT = 4;
    internal const short POLLERR = 8;
    internal const short POLLHUP = 16;
    internal const short POLLNVAL = 32;

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
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
}
