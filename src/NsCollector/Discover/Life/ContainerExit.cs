using NsCollector.Discover.Watch;

namespace NsCollector.Discover.Life;

/// <summary>The exit of a container: its last process has exited, or its cgroup is gone. One for each life.</summary>
/// <param name="Container">The container.</param>
/// <param name="TimestampNs">When its init process exited, or when the cgroup was found gone: nanoseconds since the epoch.</param>
/// <param name="Texts">The files read last.</param>
/// <param name="LifetimeNs">From the start of its init process to its exit; null if either is not known.</param>
/// <param name="ExitCode">The exit code of its init process, 0 to 255; null if the kernel does not report it, or a signal killed the process.</param>
/// <param name="ExitSignal">The signal that killed its init process; null if the kernel does not report it, or none did.</param>
/// <param name="IsFinal">Whether the files of every hierarchy were read after the last process had exited.</param>
internal sealed record ContainerExit(
    Container Container, long TimestampNs, WatchTexts Texts, long? LifetimeNs, int? ExitCode, int? ExitSignal, bool IsFinal)
    : ContainerEvent(Container, TimestampNs, Texts)
{
    /// <summary>How its init process ended, by the wait status and the count of OOM kills.</summary>
    public ExitReason Reason { get; init; }

    /// <summary>The pid of its init process, which may have been reused; 0 if it was never found.</summary>
    public int InitPid { get; init; }

    /// <summary>When its init process was found, on the monotonic clock, in nanoseconds.</summary>
    public long InitFoundNs { get; init; }

    /// <summary>Whether the files, with the network counters, were read after the last process had exited, even if a hierarchy was gone by then.</summary>
    public bool IsEmpty { get; init; } = IsFinal;
}
