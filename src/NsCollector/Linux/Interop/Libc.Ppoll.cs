namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>ppoll(2): poll(2) with a timeout in nanoseconds. The signal mask is not changed. Each descriptor has its returned events.</summary>
    /// <returns>How many descriptors have events, 0 after the timeout, or -errno.</returns>
    internal static unsafe int Ppoll(Span<PollDescriptor> descriptors, long timeoutNs)
    {
        Timespec timeout = new() { Seconds = timeoutNs / 1_000_000_000, Nanoseconds = timeoutNs % 1_000_000_000 };
        fixed (PollDescriptor* first = descriptors) return Result(LibcImports.ppoll(first, (nuint)descriptors.Length, &timeout, null));
    }
}
