using NsCollector.Discover;

namespace NsCollector.Host;

/// <summary>How many containers of a runtime discovery recognises, for <c>nscollector check</c>.</summary>
internal sealed record ContainerCount(ContainerRuntime Runtime, int Containers);
