using NsCollector.Linux.Interop;

namespace NsCollector.Discover;

/// <summary>
/// When the cgroup of a container was created: when discovery processed the inotify event of its first directory. That
/// is later than the mkdir(2), because the event waits in a queue. The kernel does not record the creation time (kernfs has no btime).
/// </summary>
/// <param name="realtimeNs">Nanoseconds since the epoch.</param>
/// <param name="boottimeNs">CLOCK_BOOTTIME, in nanoseconds.</param>
internal sealed class ContainerBirth(long realtimeNs, long boottimeNs)
{
    /// <summary>Nanoseconds since the epoch.</summary>
    public long RealtimeNs { get; } = realtimeNs;

    /// <summary>CLOCK_BOOTTIME, in nanoseconds.</summary>
    public long BoottimeNs { get; } = boottimeNs;

    /// <summary>Whether container_start was published. Only the sampling thread uses it.</summary>
    internal bool IsReported { get; set; }

    /// <summary>A birth at the current time.</summary>
    internal static ContainerBirth Now() => new(Libc.ClockGettime(Libc.CLOCK_REALTIME), Libc.ClockGettime(Libc.CLOCK_BOOTTIME));
}
