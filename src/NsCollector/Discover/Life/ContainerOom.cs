using NsCollector.Discover.Watch;

namespace NsCollector.Discover.Life;

/// <summary>Processes of a container were killed because a memory limit was reached.</summary>
/// <param name="Container">The container.</param>
/// <param name="TimestampNs">When this was seen, in nanoseconds since the epoch.</param>
/// <param name="Texts">Its memory files, read at that moment.</param>
/// <param name="Kills">How many kills since the last such event.</param>
internal sealed record ContainerOom(Container Container, long TimestampNs, WatchTexts Texts, long Kills)
    : ContainerEvent(Container, TimestampNs, Texts)
{
    /// <summary>The time from which the kills of the container are counted, on the monotonic clock.</summary>
    public long WatchedSinceNs { get; init; }
}
