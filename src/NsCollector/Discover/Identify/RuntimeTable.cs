namespace NsCollector.Discover.Identify;

/// <summary>
/// One row for each runtime with state of its own; a runtime without a row is only known by its cgroup paths. The
/// rules for paths are in <see cref="Recognise.ContainerRecognisers"/>.
/// </summary>
internal static class RuntimeTable
{
    private static readonly RuntimeSupport PathOnly = new();

    /// <summary>The rows, in the order in which <c>check</c> shows them.</summary>
    internal static IReadOnlyDictionary<ContainerRuntime, RuntimeSupport> Rows { get; } = new Dictionary<ContainerRuntime, RuntimeSupport>
    {
        [ContainerRuntime.Docker] = new()
        {
            Names = NameSource.State,
            Resolver = context => new DockerNames(new DockerDataRoots(context.Options.DockerRoots, context.Daemons.DataRoots), context.Files, context.Engine, context.HomeOf),
            EngineSockets = options => options.DockerSockets,
            Sockets = roots => [roots.Run + "/docker.sock"],
            DirectoriesKey = "docker_roots",
            StateDirectories = (_, options) => options.DockerRoots.Select(root => root + "/containers"),
        },
        [ContainerRuntime.Containerd] = new()
        {
            Names = NameSource.State,
            Resolver = context => new ContainerdNames(context.Options, context.Roots, context.Daemons.ContainerdStates, context.Files, context.Counters, context.Log),
            Sockets = roots => [roots.Run + "/containerd/containerd.sock", roots.Run + "/docker/containerd/containerd.sock"],
            DirectoriesKey = "containerd_states",
            StateDirectories = (roots, options) => ContainerdNames.TaskDirectories(options, roots),
        },
        [ContainerRuntime.Crio] = new()
        {
            Names = NameSource.State,
            Resolver = context => new CrioNames(context.Options, context.Roots, context.Files),
            Sockets = roots => [roots.Run + "/crio/crio.sock"],

            // Podman keeps its bundles in the same directories, so they do not show that CRI-O is installed.
            Marker = roots => roots.Run + "/crio",
            DirectoriesKey = "crio_run_roots",
            StateDirectories = (roots, options) => CrioNames.RunRoots(options, roots).SelectMany(PodmanStore.Directories),
        },
        [ContainerRuntime.Podman] = new()
        {
            Names = NameSource.State,
            Resolver = context => new PodmanNames(context.Options, context.Roots, context.Files, context.Engine, context.HomeOf),
            EngineSockets = options => options.PodmanSockets,
            MayStartDaemon = true,
            Sockets = roots => [roots.Run + "/podman/podman.sock"],
            DirectoriesKey = "podman_roots",
            StateDirectories = (_, options) => options.PodmanRoots.SelectMany(PodmanStore.Directories),
        },
        [ContainerRuntime.Lxc] = new()
        {
            Names = NameSource.PathThenState,
            Resolver = context => new LxdNames(context.Options.LxcRoots, context.Options.LxdRoots, context.Files),
            StateDirectories = (roots, options) => [.. options.LxcRoots, roots.Run + "/lxc", .. options.LxdRoots.Select(root => root + "/containers")],
        },
        [ContainerRuntime.Nspawn] = new()
        {
            Names = NameSource.PathThenState,
            Resolver = context => new NspawnNames(context.Roots, context.Files),
            StateDirectories = (roots, _) => [roots.Run + "/systemd/machines"],
        },
    };

    /// <summary>The row of a runtime; an empty one if it has none.</summary>
    internal static RuntimeSupport Of(ContainerRuntime runtime) => Rows.TryGetValue(runtime, out RuntimeSupport? row) ? row : PathOnly;
}
