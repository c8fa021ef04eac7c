using System.Collections.Immutable;
using NsCollector.Serve.Docker;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>Containers that a test sets.</summary>
internal sealed class FakeContainers(params ImmutableArray<DockerContainer> containers) : IDockerContainers
{
    /// <summary>The containers.</summary>
    public ImmutableArray<DockerContainer> Containers { get; set; } = containers;

    public ImmutableArray<DockerContainer> All() => Containers;

    public DockerContainerMatch Find(string reference)
    {
        DockerContainer[] found = [.. Containers.Where(container => container.Id.StartsWith(reference, StringComparison.Ordinal) || container.Name == reference)];
        return new DockerContainerMatch(found.Length == 1 ? found[0] : null, found.Length > 1);
    }
}
