using NsCollector.Discover.Walk;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Discover.Watch;

namespace NsCollector.Discover.Track;

/// <summary>The thread of discovery: waits for reports of births and exits, for requests and for the next due time.</summary>
/// <param name="wake">Wakes it.</param>
/// <param name="cgroupWatches">Reports births; null if nothing does.</param>
/// <param name="watch">Reports exits; null if nothing does.</param>
/// <param name="raisePriority">Whether to raise the priority of the thread.</param>
/// <param name="nowMs">The monotonic clock, in milliseconds.</param>
/// <param name="process">
/// Called with whether to hurry, because the thread stops. Returns when it is to be called again, in milliseconds of the
/// monotonic clock; null: never. Must not throw.
/// </param>
internal sealed class DiscoveryThread(
    WakeSignal wake, CgroupWatches? cgroupWatches, IContainerWatch? watch, bool raisePriority, Func<long> nowMs, Func<bool, long?> process)
{
    private const int PreferredNice = -15;

    private Thread? _thread;
    private volatile bool _stop;

    internal void Start()
    {
        _thread = new Thread(Run) { Name = "discovery", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Asks the thread to end. Returns at once.</summary>
    internal void RequestStop()
    {
        _stop = true;
        wake.Set();
    }

    /// <summary>Waits for the end of the thread.</summary>
    /// <returns>Whether it has ended, or was never started.</returns>
    internal bool TryJoin(TimeSpan timeout) => _thread is not { IsAlive: true } thread || thread.Join(timeout);

    private void Run()
    {
        // A container that lives 20 ms exists for little more than a tenth of a second: on a busy host this thread must not
        // queue behind the containers' own. It works for microseconds. Without the right to raise its priority it keeps it.
        if (raisePriority) Libc.Setpriority(Libc.PRIO_PROCESS, 0, PreferredNice);
        Span<Libc.PollDescriptor> descriptors =
        [
            new() { Descriptor = wake.Descriptor, Events = Libc.POLLIN },
            new() { Descriptor = cgroupWatches?.Descriptor ?? -1, Events = Libc.POLLIN },
            new() { Descriptor = watch?.Ready.Descriptor ?? -1, Events = Libc.POLLIN },
        ];
        long dueMs = nowMs();
        while (true)
        {
            long waitMs = Math.Max(0, dueMs - nowMs());
            if (wake.Descriptor < 0) waitMs = Math.Min(waitMs, WalkSchedule.MinIntervalMs);
            Libc.Poll(descriptors, (int)Math.Min(waitMs, int.MaxValue));
            wake.Drain();
            watch?.Ready.Drain();
            bool stop = _stop;
            if (process(stop) is not { } nextMs || stop) return;
            dueMs = nextMs;
        }
    }
}
