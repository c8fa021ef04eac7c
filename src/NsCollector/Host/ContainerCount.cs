using NsCollector.Discover;

namespace NsCollector.Host;

/// <summary>Number of containers of a runtime that the filters include, for <c>nscollector check</c>.</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="Containers">How many containers it has.</param>
/// <param name="Nameless">How many of them have their ids as names, because no state file and no daemon has their names.</param>
/// <param name="NamelessInside">How many of these are inside other containers, below whose roots their runtimes keep the names.</param>
internal sealed record ContainerCount(ContainerRuntime Runtime, int Containers, int Nameless = 0, int NamelessInside = 0);
