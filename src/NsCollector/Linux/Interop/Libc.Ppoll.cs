namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>ppoll(2) of one descriptor: poll(2) with a timeout in nanoseconds; no signal is let in or kept out.</summary>
    /// <returns>What happened (POLLIN, POLLERR, ...), 0 after the timeout, or -errno.</returns>
    internal static unsafe int Ppoll(int descriptor, short wanted, long timeoutNs)
    {
        PollDescriptor one = new() { Descriptor = descriptor, Wanted = wanted };
        Timespec timeout = new() { Seconds = timeoutNs / 1_000_000_000, Nanoseconds = timeoutNs % 1_000_000_000 };
        int returned = Result(LibcImports.ppoll(&one, 1, &timeout, null));
        return returned <= 0 ? returned : one.Happened;
    }
}
