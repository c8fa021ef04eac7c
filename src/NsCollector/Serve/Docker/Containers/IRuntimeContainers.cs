using NsCollector.Discover;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>The containers that the files of one runtime list. Used by one thread at a time.</summary>
internal interface IRuntimeContainers
{
    /// <summary>The runtime.</summary>
    ContainerRuntime Runtime { get; }

    /// <summary>Reads which containers exist, if that has changed.</summary>
    /// <param name="live">The host's containers of this runtime that have a process.</param>
    /// <param name="found">Receives the containers that the files list, by id.</param>
    void List(IReadOnlyList<Container> live, Dictionary<string, DetailsSource> found);
}
