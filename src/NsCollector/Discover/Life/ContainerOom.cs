using NsCollector.Discover.Watch;

namespace NsCollector.Discover.Life;

/// <summary>Processes of a container were killed for lack of memory.</summary>
/// <param name="Container">Whose they were.</param>
/// <param name="TimestampNs">When this was seen.</param>
/// <param name="Texts">Its memory files, read right then.</param>
/// <param name="Kills">How many since the last such event.</param>
internal sealed record ContainerOom(Container Container, long TimestampNs, WatchTexts Texts, long Kills)
    : ContainerEvent(Container, TimestampNs, Texts);
