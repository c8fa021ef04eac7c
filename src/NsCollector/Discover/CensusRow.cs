namespace NsCollector.Discover;

/// <summary>How many containers of a runtime are in a state.</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="State">The state.</param>
/// <param name="Containers">The number; 0 if there is none now.</param>
internal readonly record struct CensusRow(ContainerRuntime Runtime, RunState State, long Containers);
