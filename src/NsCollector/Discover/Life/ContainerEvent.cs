using NsCollector.Discover.Watch;

namespace NsCollector.Discover.Life;

/// <summary>Something that happened in the life of a container, between two cycles.</summary>
/// <param name="Container">Whose it is, with the names that are known by now.</param>
/// <param name="TimestampNs">When it happened: nanoseconds since the epoch.</param>
/// <param name="Texts">What was read right then; <see cref="WatchTexts.None"/> where the cgroup was faster.</param>
internal abstract record ContainerEvent(Container Container, long TimestampNs, WatchTexts Texts);
