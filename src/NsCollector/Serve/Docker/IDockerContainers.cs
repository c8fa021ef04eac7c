using System.Collections.Immutable;

namespace NsCollector.Serve.Docker;

/// <summary>The containers of all runtimes, running or not. Any thread may use it.</summary>
internal interface IDockerContainers
{
    /// <summary>The containers, newest first, as dockerd lists them.</summary>
    ImmutableArray<DockerContainer> All();

    /// <summary>Finds a container. A whole id comes before a name, a name before a prefix of an id.</summary>
    /// <param name="reference">An id, a name with or without a leading slash, or a prefix of an id. Hostile.</param>
    DockerContainerMatch Find(string reference);
}
