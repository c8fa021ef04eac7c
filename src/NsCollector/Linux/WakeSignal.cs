using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>
/// An eventfd(2) by which any thread, native ones included, wakes the one that waits for it. Signals that come before it
/// is drained are one.
/// </summary>
internal sealed class WakeSignal : IDisposable
{
    // Where there is no descriptor, how long it takes at the most until a request to stop is seen.
    private const int UnwokenMilliseconds = 100;

    private int _descriptor = Libc.Eventfd();

    /// <summary>What poll(2) waits for with POLLIN; negative (-errno) where the kernel gave none: then nobody is ever woken.</summary>
    internal int Descriptor => Volatile.Read(ref _descriptor);

    /// <summary>Wakes the waiting thread, or makes its next wait return at once. Allocates nothing.</summary>
    public void Set()
    {
        int descriptor = Descriptor;
        if (descriptor >= 0) Libc.Write(descriptor, [1, 0, 0, 0, 0, 0, 0, 0]);
    }

    /// <summary>Takes all signals back.</summary>
    public void Drain()
    {
        Span<byte> count = stackalloc byte[8];
        int descriptor = Descriptor;
        if (descriptor >= 0) Libc.Read(descriptor, count);
    }

    /// <summary>Waits for a signal, and takes it back.</summary>
    /// <param name="timeoutMilliseconds">-1: without end.</param>
    /// <returns>Whether there was one.</returns>
    public bool Wait(int timeoutMilliseconds)
    {
        int descriptor = Descriptor;
        if (descriptor < 0)
        {
            Thread.Sleep(timeoutMilliseconds);
            return false;
        }

        // EINTR counts as a timeout: every caller looks at its own clock.
        if (Libc.Poll(descriptor, Libc.POLLIN, timeoutMilliseconds) <= 0) return false;
        Drain();
        return true;
    }

    /// <summary>Waits for a signal as <see cref="Wait"/> does, to the nanosecond, and perhaps for less: every caller looks at its own clock.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool WaitNs(long timeoutNs)
    {
        int descriptor = Descriptor;
        if (descriptor < 0)
        {
            Thread.Sleep((int)Math.Clamp(timeoutNs / 1_000_000, 1, UnwokenMilliseconds));
            return false;
        }

        if (Libc.Ppoll(descriptor, Libc.POLLIN, Math.Max(timeoutNs, 0)) <= 0) return false;
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
