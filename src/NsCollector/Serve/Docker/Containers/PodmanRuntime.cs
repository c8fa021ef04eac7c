using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Podman's containers: the listings of its stores, and the OCI bundles beside them.</summary>
/// <param name="roots">The storage roots and run roots, whether they exist or not.</param>
/// <param name="homes">Finds the homes of users of rootless podman.</param>
/// <param name="documents">Reads the files.</param>
/// <param name="maxContainers">Maximum number of containers of one listing.</param>
internal sealed class PodmanRuntime(IReadOnlyList<string> roots, RootlessHomes homes, StateDocuments documents, int maxContainers) : IRuntimeContainers
{
    private const int MaxStores = 64;

    private readonly Dictionary<string, Store> _stores = roots.ToDictionary(root => root, root => new Store(root, documents, maxContainers), StringComparer.Ordinal);
    private readonly SourceSet<ListedSource> _sources = new();

    /// <inheritdoc/>
    public ContainerRuntime Runtime => ContainerRuntime.Podman;

    /// <inheritdoc/>
    public void List(IReadOnlyList<Container> live, Dictionary<string, DetailsSource> found)
    {
        foreach (Container container in live)
        {
            if (_stores.Count >= MaxStores || RootlessHomes.UserOf(container.CgroupPath) is not { } user || homes.Home(user) is not { } home) continue;
            string root = PodmanStore.RootlessRoot(home);
            if (!_stores.ContainsKey(root)) _stores.Add(root, new Store(root, documents, maxContainers));
        }

        _sources.Begin();
        foreach (Store store in _stores.Values)
        {
            foreach (PodmanContainers listing in store.Listings)
            {
                foreach ((string id, ContainerDetails details) in listing.Refresh())
                {
                    if (found.ContainsKey(id)) continue;
                    ListedSource source = _sources.Keep($"{store.Root}/{id}", _ => new ListedSource(new OciSource(id, () => store.Bundles, documents)));
                    source.Listed = details;
                    found.Add(id, source);
                }
            }
        }

        _sources.End();
    }

    private sealed class Store(string root, StateDocuments documents, int maxContainers)
    {
        internal string Root => root;

        internal PodmanContainers[] Listings { get; } = [.. PodmanStore.Listings(root).Select(path => new PodmanContainers(path, documents, maxContainers))];

        internal StatePlace[] Bundles { get; } = [.. PodmanStore.Directories(root).Select(path => new StatePlace(path + "/", "/userdata/config.json"))];
    }
}
