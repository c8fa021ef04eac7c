using System.Collections.Immutable;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>What inspect is asked for, and what is known of the container.</summary>
/// <param name="Entry">The container.</param>
/// <param name="ApiMinorVersion">The version that was agreed on.</param>
/// <param name="HasEnvironment">Whether the environment is shown.</param>
/// <param name="Sizes">The sizes of its file system; null if they were not asked for.</param>
/// <param name="Links">Its links, each <c>/CONTAINER:/OWN-NAME/ALIAS</c>.</param>
internal sealed record InspectRequest(InventoryEntry Entry, int ApiMinorVersion, bool HasEnvironment, ContainerSizes? Sizes, ImmutableArray<string> Links);
