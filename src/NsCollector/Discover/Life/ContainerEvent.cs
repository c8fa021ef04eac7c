using NsCollector.Discover.Watch;

namespace NsCollector.Discover.Life;

/// <summary>Something that happened to a container between two cycles.</summary>
/// <param name="Container">The container, with the names that are known by now.</param>
/// <param name="TimestampNs">When it happened: nanoseconds since the epoch.</param>
/// <param name="Texts">The files read at that moment; <see cref="WatchTexts.None"/> if the cgroup was gone before.</param>
internal abstract record ContainerEvent(Container Container, long TimestampNs, WatchTexts Texts);
