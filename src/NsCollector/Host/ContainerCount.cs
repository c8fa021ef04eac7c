using NsCollector.Discover;

namespace NsCollector.Host;

/// <summary>Number of recognised containers of a runtime, for <c>nscollector check</c>.</summary>
internal sealed record ContainerCount(ContainerRuntime Runtime, int Containers);
