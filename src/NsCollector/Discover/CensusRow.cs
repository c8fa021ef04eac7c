namespace NsCollector.Discover;

/// <summary>The number of containers of a runtime in a state.</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="State">The state.</param>
/// <param name="Containers">The number; 0 if there are none now.</param>
internal readonly record struct CensusRow(ContainerRuntime Runtime, RunState State, long Containers);
