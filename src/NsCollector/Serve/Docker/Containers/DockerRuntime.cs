using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Docker's containers: containers/ID of each data root, and of the homes of the users whose rootless Docker runs a container.</summary>
/// <param name="dataRoots">The data roots; used by this object only.</param>
/// <param name="homes">Finds the homes of users.</param>
/// <param name="documents">Reads the files.</param>
/// <param name="maxContainers">Maximum number of containers of one root.</param>
/// <param name="budget">Limits the memory for their details.</param>
internal sealed class DockerRuntime(DockerDataRoots dataRoots, RootlessHomes homes, StateDocuments documents, int maxContainers, DetailsBudget budget) : IRuntimeContainers
{
    // As many as daemons that discovery follows.
    private const int MaxRootlessRoots = 32;

    private readonly Dictionary<string, SubdirectoryNames> _roots = new(StringComparer.Ordinal);
    private readonly HashSet<string> _rootless = new(StringComparer.Ordinal);
    private readonly SourceSet<DockerSource> _sources = new();
    private volatile string[] _paths = [];

    /// <inheritdoc/>
    public ContainerRuntime Runtime => ContainerRuntime.Docker;

    /// <summary>The data roots as of the last list. Any thread may read it.</summary>
    internal IReadOnlyList<string> Paths => _paths;

    /// <inheritdoc/>
    public void List(IReadOnlyList<Container> live, Dictionary<string, DetailsSource> found)
    {
        foreach (Container container in live)
        {
            if (_rootless.Count < MaxRootlessRoots && RootlessHomes.UserOf(container.CgroupPath) is { } user && homes.Home(user) is { } home)
                _rootless.Add(home + "/.local/share/docker");
        }

        dataRoots.Refresh();
        string[] paths = [.. dataRoots.KnownPaths.Union(_rootless, StringComparer.Ordinal)];
        if (!paths.AsSpan().SequenceEqual(_paths)) _paths = paths;
        _sources.Begin();
        foreach (string path in paths)
        {
            if (!_roots.TryGetValue(path, out SubdirectoryNames? names)) _roots.Add(path, names = new SubdirectoryNames(path + "/containers", maxContainers));
            if (names.Refresh() && names.LeftOut > 0) documents.OverLimit(path, names.LeftOut, "discovery.max_containers");
            foreach (string id in names.Names)
            {
                // One directory may have two paths, by a symbolic link.
                if (!StatePlace.IsId(id) || found.ContainsKey(id)) continue;
                DockerSource source = _sources.Keep($"{path}/{id}", _ => new DockerSource(path, id, documents, budget));
                source.Read();
                if (source.Exists) found.Add(id, source);
            }
        }

        _sources.End();
    }
}
