using NsCollector.Discover.Watch;

namespace NsCollector.Discover.Life;

/// <summary>A container has ended: its last process has, or its cgroup is gone. Once a life.</summary>
/// <param name="Container">Whose it is.</param>
/// <param name="TimestampNs">When its init process ended, or when the cgroup was found gone.</param>
/// <param name="Texts">The last that was read.</param>
/// <param name="LifetimeNs">From the start of its init process to its end; null where either is not known.</param>
/// <param name="ExitCode">What its init process returned, 0 to 255; null where the kernel does not tell, and where a signal ended it.</param>
/// <param name="ExitSignal">The signal that ended its init process; null where the kernel does not tell, and where none did.</param>
/// <param name="IsFinal">Whether the texts were read after the last process had ended, from every hierarchy.</param>
internal sealed record ContainerExit(
    Container Container, long TimestampNs, WatchTexts Texts, long? LifetimeNs, int? ExitCode, int? ExitSignal, bool IsFinal)
    : ContainerEvent(Container, TimestampNs, Texts)
{
    /// <summary>Whether the texts, and the network counters among them, were read after the last process had ended; also where some hierarchy was gone by then.</summary>
    public bool IsEmpty { get; init; } = IsFinal;
}
