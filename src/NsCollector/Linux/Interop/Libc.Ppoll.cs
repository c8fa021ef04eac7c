namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>ppoll(2) of one descriptor: poll(2) with a timeout in nanoseconds. The signal mask is not changed.</summary>
    /// <returns>The returned events (POLLIN, POLLERR, ...), 0 after the timeout, or -errno.</returns>
    internal static unsafe int Ppoll(int descriptor, short events, long timeoutNs)
    {
        PollDescriptor one = new() { Descriptor = descriptor, Events = events };
        Timespec timeout = new() { Seconds = timeoutNs / 1_000_000_000, Nanoseconds = timeoutNs % 1_000_000_000 };
        int result = Result(LibcImports.ppoll(&one, 1, &timeout, null));
        return result <= 0 ? result : one.ReturnedEvents;
    }
}
