using System.Collections.Immutable;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Docker's containers: containers/ID/config.v2.json of each data root, then the Engine API. Rootless Docker
/// keeps its files in a home (~/.local/share/docker), which must be in discovery.docker_roots.
/// </summary>
internal sealed class DockerNames(ImmutableArray<string> dataRoots, StateFiles files, EngineAnswers engine) : INameResolver
{
    private readonly StatePlace[] _configs = [.. dataRoots.Select(root => new StatePlace(root + "/containers/", "/config.v2.json"))];

    /// <inheritdoc/>
    public KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous)
    {
        string id = container.Id;
        if (!StatePlace.IsId(id)) return null;
        if (previous is { Source: { } source } && source.IsCurrent())
            return previous is { Name: not null, Answer: null } ? previous : engine.Find(id, source, previous) ?? previous;

        KnownIdentity? nameless = null;
        foreach (StatePlace config in _configs)
        {
            if (!config.MayExist(id)) continue;
            KnownIdentity? found = files.Read(config.PathOf(id), IdentityKeys.Docker, DockerConfig.TryParse, previous);
            if (found is { Name: not null, Answer: null }) return found;
            nameless ??= found;
        }

        return engine.Find(id, nameless?.Source, previous) ?? nameless;
    }

    /// <inheritdoc/>
    public bool HasState(string id)
    {
        if (!StatePlace.IsId(id)) return false;
        foreach (StatePlace config in _configs)
        {
            if (config.MayExist(id)) return true;
        }

        return false;
    }
}
