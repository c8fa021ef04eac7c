using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>A runtime of which only running containers have files: containerd and CRI-O, each with its OCI bundle.</summary>
/// <param name="runtime">The runtime.</param>
/// <param name="places">Where the bundles may be at the moment.</param>
/// <param name="documents">Reads the files.</param>
internal sealed class OciRuntime(ContainerRuntime runtime, Func<IReadOnlyList<StatePlace>> places, StateDocuments documents) : IRuntimeContainers
{
    private readonly SourceSet<OciSource> _sources = new();
    private IReadOnlyList<StatePlace> _places = [];

    /// <inheritdoc/>
    public ContainerRuntime Runtime => runtime;

    /// <inheritdoc/>
    public void List(IReadOnlyList<Container> live, Dictionary<string, DetailsSource> found)
    {
        _places = live.Count > 0 ? places() : [];
        _sources.Begin();
        foreach (Container container in live)
        {
            string id = container.Identity.Id;
            if (StatePlace.IsId(id) && !found.ContainsKey(id)) found.Add(id, _sources.Keep(id, key => new OciSource(key, () => _places, documents)));
        }

        _sources.End();
    }

    /// <summary>The bundles of containerd: one directory for each namespace of each state directory.</summary>
    /// <param name="directories">The directories with namespaces.</param>
    internal static Func<IReadOnlyList<StatePlace>> ContainerdPlaces(Func<IEnumerable<string>> directories)
    {
        const int MaxNamespaces = 256;
        var names = new Dictionary<string, SubdirectoryNames>(StringComparer.Ordinal);
        return () =>
        {
            List<StatePlace> places = [];
            foreach (string directory in directories())
            {
                if (!names.TryGetValue(directory, out SubdirectoryNames? namespaces)) names.Add(directory, namespaces = new SubdirectoryNames(directory, MaxNamespaces));
                namespaces.Refresh();
                places.AddRange(namespaces.Names.Select(name => new StatePlace($"{directory}/{name}/", "/config.json")));
            }

            return places;
        };
    }
}
