using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Sample;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker;

/// <summary>The containers of the last cycle, without those that have no process.</summary>
/// <param name="samples">The last cycle.</param>
internal sealed class LiveDockerContainers(LatestSamples samples) : IDockerContainers
{
    /// <inheritdoc/>
    public ImmutableArray<DockerContainer> All()
    {
        LatestCycle cycle = samples.Acquire();
        ImmutableArray<DockerContainer> all =
        [
            .. cycle.Containers.Where(container => !container.Container.IsParent && !container.HasExited && container.Container.Init is not null)
                .OrderByDescending(container => container.Container.StartedBoottimeNs ?? 0)
                .Select(container => new DockerContainer(DockerId.Of(container.Container), container.Container.Identity.DisplayName, StateOf(cycle.SampleOf(container)), container.Container)),
        ];
        samples.Release(cycle);
        return all;
    }

    /// <inheritdoc/>
    public DockerContainerMatch Find(string reference)
    {
        string name = reference.TrimStart('/');
        ImmutableArray<DockerContainer> all = All();
        if (all.FirstOrDefault(container => container.Id == reference) is { } whole) return new DockerContainerMatch(whole, false);
        if (all.FirstOrDefault(container => container.Name == name) is { } named) return new DockerContainerMatch(named, false);
        DockerContainer[] prefixed = reference.Length == 0 ? [] : [.. all.Where(container => container.Id.StartsWith(reference, StringComparison.Ordinal))];
        return new DockerContainerMatch(prefixed is [{ } only] ? only : null, prefixed.Length > 1);
    }

    private static RunState StateOf(ContainerSample? sample) => sample?.State == ContainerState.Paused ? RunState.Paused : RunState.Running;
}
