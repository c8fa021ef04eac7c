using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>The containers of LXC (ROOT/NAME/config) and the instances of LXD and Incus (ROOT/containers/NAME).</summary>
/// <param name="lxcRoots">The directories of LXC.</param>
/// <param name="lxdRoots">The directories of LXD and Incus.</param>
/// <param name="documents">Reads the files.</param>
/// <param name="maxContainers">Maximum number of containers of one directory.</param>
internal sealed class LxcRuntime(IEnumerable<string> lxcRoots, IEnumerable<string> lxdRoots, StateDocuments documents, int maxContainers) : IRuntimeContainers
{
    private readonly (string Path, bool HasConfig, SubdirectoryNames Names)[] _roots =
    [
        .. lxcRoots.Select(path => (path, true, new SubdirectoryNames(path, maxContainers))),
        .. lxdRoots.Select(path => (path + "/containers", false, new SubdirectoryNames(path + "/containers", maxContainers))),
    ];

    private readonly SourceSet<LxcSource> _sources = new();

    /// <inheritdoc/>
    public ContainerRuntime Runtime => ContainerRuntime.Lxc;

    /// <inheritdoc/>
    public void List(IReadOnlyList<Container> live, Dictionary<string, DetailsSource> found)
    {
        _sources.Begin();
        foreach ((string path, bool hasConfig, SubdirectoryNames names) in _roots)
        {
            if (names.Refresh() && names.LeftOut > 0) documents.OverLimit(path, names.LeftOut, "discovery.max_containers");
            foreach (string name in names.Names)
            {
                string directory = $"{path}/{name}";
                string? config = hasConfig ? directory + "/config" : null;

                // A directory of LXC without a configuration is not a container.
                if (found.ContainsKey(name) || (config is not null && StateFileStamp.Statx(config, out _) < 0)) continue;
                found.Add(name, _sources.Keep(directory, _ => new LxcSource(config, documents)));
            }
        }

        _sources.End();
    }
}
