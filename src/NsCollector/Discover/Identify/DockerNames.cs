using NsCollector.Discover.Identify.States;
using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Docker's containers: containers/ID/config.v2.json of the home of the user whose rootless Docker it is by the cgroup path
/// (~/.local/share/docker), of each data root, then the Engine API.
/// </summary>
/// <param name="dataRoots">The data roots.</param>
/// <param name="files">Reads the files.</param>
/// <param name="engine">What Docker's API has reported.</param>
/// <param name="homeOf">Finds a user's home directory; null: getpwuid(3).</param>
internal sealed class DockerNames(DockerDataRoots dataRoots, StateFiles files, EngineAnswers engine, Func<uint, string?>? homeOf) : INameResolver
{
    private readonly RootlessHomes _homes = new(homeOf);

    /// <inheritdoc/>
    public KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous) =>
        engine.WithHealth(container.Id, Find(container, cgroupPath, previous));

    /// <inheritdoc/>
    public void RefreshDirectories() => dataRoots.Refresh();

    /// <inheritdoc/>
    public IRuntimeCensus CreateCensus(CensusContext context) => new DockerCensus(dataRoots, context);

    /// <inheritdoc/>
    public bool HasState(string id)
    {
        if (!StatePlace.IsId(id)) return false;
        foreach (StatePlace config in dataRoots.Configs)
        {
            // Only files that certainly exist: below an unreadable directory, any path might exist.
            if (config.Look(id) == 0) return true;
        }

        return false;
    }

    private KnownIdentity? Find(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous)
    {
        string id = container.Id;
        if (!StatePlace.IsId(id)) return null;
        if (previous is { Source: { } source } && source.IsCurrent())
            return previous is { Name: not null, Answer: null } ? previous : engine.Find(id, source, previous) ?? previous;

        KnownIdentity? nameless = null;
        if (RootlessHomes.UserOf(cgroupPath) is { } user && _homes.Home(user) is { } home)
        {
            nameless = Read(DockerDataRoots.ConfigOf(home + "/.local/share/docker"), id, previous);
            if (nameless is { Name: not null, Answer: null }) return nameless;
        }

        foreach (StatePlace config in dataRoots.Refresh())
        {
            KnownIdentity? found = Read(config, id, previous);
            if (found is { Name: not null, Answer: null }) return found;
            nameless ??= found;
        }

        return engine.Find(id, nameless?.Source, previous) ?? nameless;
    }

    private KnownIdentity? Read(StatePlace config, string id, KnownIdentity? previous) =>
        config.MayExist(id) ? files.Read(config.PathOf(id), IdentityKeys.Docker, DockerConfig.TryParse, previous) : null;
}
