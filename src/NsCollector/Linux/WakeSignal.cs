using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>
/// An eventfd(2) with which any thread, also a native one, wakes the waiting thread. Several signals before the wait returns
/// count as one.
/// </summary>
internal sealed class WakeSignal : IDisposable
{
    // Without a descriptor: maximum time until a request to stop is seen.
    private const int PollMilliseconds = 100;

    private int _descriptor = Libc.Eventfd();

    /// <summary>The eventfd for poll(2) with POLLIN; -errno if the kernel refused one: then no thread is ever woken.</summary>
    internal int Descriptor => Volatile.Read(ref _descriptor);

    /// <summary>Wakes the waiting thread, or makes its next wait return at once. Allocates nothing.</summary>
    public void Set()
    {
        int descriptor = Descriptor;
        if (descriptor >= 0) Libc.Write(descriptor, [1, 0, 0, 0, 0, 0, 0, 0]);
    }

    /// <summary>Clears all signals.</summary>
    public void Drain()
    {
        Span<byte> count = stackalloc byte[8];
        int descriptor = Descriptor;
        if (descriptor >= 0) Libc.Read(descriptor, count);
    }

    /// <summary>Waits for a signal and clears it.</summary>
    /// <param name="timeoutMilliseconds">-1: no timeout.</param>
    /// <returns>Whether there was one.</returns>
    public bool Wait(int timeoutMilliseconds)
    {
        int descriptor = Descriptor;
        if (descriptor < 0)
        {
            Thread.Sleep(timeoutMilliseconds);
            return false;
        }

        // EINTR counts as a timeout: every caller checks its own clock.
        if (Libc.Poll(descriptor, Libc.POLLIN, timeoutMilliseconds) <= 0) return false;
        Drain();
        return true;
    }

    /// <summary>Waits for a signal as <see cref="Wait"/> does, with nanoseconds. May return early: every caller checks its own clock.</summary>
    /// <param name="timeoutNs">Nanoseconds.</param>
    /// <param name="other">Another descriptor that ends the wait when it is readable; negative: none.</param>
    /// <returns>Whether there was a signal.</returns>
    internal bool WaitNs(long timeoutNs, int other = -1)
    {
        int descriptor = Descriptor;
        if (descriptor < 0)
        {
            Thread.Sleep((int)Math.Clamp(timeoutNs / 1_000_000, 1, PollMilliseconds));
            return false;
        }

        Span<Libc.PollDescriptor> both = [new() { Descriptor = descriptor, Events = Libc.POLLIN }, new() { Descriptor = other, Events = Libc.POLLIN }];
        if (Libc.Ppoll(both, Math.Max(timeoutNs, 0)) <= 0 || both[0].ReturnedEvents == 0) return false;
        Drain();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0) Libc.Close(descriptor);
    }
}
