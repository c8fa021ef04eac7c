using System.Diagnostics;

namespace NsCollector.Linux;

/// <summary>The two clocks of the agent, in nanoseconds. Reading one allocates nothing.</summary>
internal static class SystemClock
{
    /// <summary>CLOCK_MONOTONIC: for deadlines and durations.</summary>
    internal static long MonotonicNs() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    /// <summary>Nanoseconds since the epoch, in steps of 100: for timestamps of points.</summary>
    internal static long RealtimeNs() => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
}
