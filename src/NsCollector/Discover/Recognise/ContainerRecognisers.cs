namespace NsCollector.Discover.Recognise;

/// <summary>All recognisers in order; the first that recognises a path wins.</summary>
/// <remarks>
/// The order decides paths that fit two: a bare id is Docker's only if no other runtime with bare ids recognises it, a
/// libvirt container's scope is not nspawn's, an nspawn container's unit is not a service. The configuration's globs come
/// last: a container of a known runtime keeps its runtime and id, so that its name is found even if a glob matches.
/// </remarks>
internal sealed class ContainerRecognisers
{
    private readonly IContainerRecogniser[] _recognisers;
    private readonly NamedCgroupRecogniser? _named;
    private readonly string _systemdRoot;

    /// <param name="options">Tells whether services count, and which further cgroups do.</param>
    /// <param name="systemdRoot">The cgroup below which systemd has its slices; empty for the root of the tree.</param>
    internal ContainerRecognisers(DiscoverOptions options, string systemdRoot = "")
    {
        List<IContainerRecogniser> recognisers =
        [
            new CrioRecogniser(),
            new PodmanRecogniser(),
            new LxcRecogniser(),
            new NspawnRecogniser(),
            new ContainerdRecogniser(),
            new DockerRecogniser(),
        ];
        if (options.SystemdServices) recognisers.Add(new SystemdServiceRecogniser(systemdRoot));
        if (!options.CgroupPaths.IsDefaultOrEmpty) recognisers.Add(_named = new NamedCgroupRecogniser(options.CgroupPaths));
        _recognisers = [.. recognisers];
        _systemdRoot = systemdRoot;
        Parents = new ContainerParents(_recognisers.SelectMany(recogniser => recogniser.ParentNames), options);
    }

    /// <summary>The cgroups in which these runtimes create containers.</summary>
    internal ContainerParents Parents { get; }

    /// <summary>The container of the cgroup; null if it is not one. Never throws, whatever the path.</summary>
    /// <param name="path">The path below the hierarchy's root, with a leading slash.</param>
    internal RecognisedContainer? Recognise(string path)
    {
        if (HasSystemd(path)) return _named?.TryRecognise(path, out RecognisedContainer named) == true ? named : null;
        foreach (IContainerRecogniser recogniser in _recognisers)
        {
            if (recogniser.TryRecognise(path, out RecognisedContainer container)) return container;
        }

        return null;
    }

    /// <summary>
    /// Whether a cgroup contains the systemd that runs this agent. A container there is the one in which both run: to the agent
    /// it is the host, and the services and containers in it are not inside another container.
    /// </summary>
    private bool HasSystemd(string path) =>
        path.Length > 0 && _systemdRoot.StartsWith(path, StringComparison.Ordinal) && (_systemdRoot.Length == path.Length || _systemdRoot[path.Length] == '/');

    /// <summary>Whether a cgroup is a container that a runtime has created, or is inside one.</summary>
    /// <param name="path">The path below the hierarchy's root, with a leading slash; empty for the root.</param>
    internal bool IsInContainer(string path)
    {
        for (int end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (Recognise(path[..end]) is { IsOfRuntime: true }) return true;
        }

        return false;
    }

    /// <summary>Whether a cgroup is below a runtime's container.</summary>
    /// <param name="path">Its path.</param>
    internal bool IsBelowContainer(string path) => IsInContainer(path[..Math.Max(0, path.LastIndexOf('/'))]);
}
