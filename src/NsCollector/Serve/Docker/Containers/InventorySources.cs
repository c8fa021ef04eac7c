using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>The runtimes whose files the inventory reads, in the directories that discovery uses.</summary>
internal sealed class InventorySources
{
    private readonly DockerRuntime _docker;

    /// <param name="options">Where the runtimes keep their files, and how large one may be.</param>
    /// <param name="roots">Where the host's /run is.</param>
    /// <param name="daemons">The host's daemons, whose directories discovery has found.</param>
    /// <param name="homeOf">Finds the home directory of a uid; null: getpwuid(3).</param>
    /// <param name="counters">Counts files that cannot be used.</param>
    /// <param name="log">Receives warnings about them.</param>
    internal InventorySources(
        DiscoverOptions options, HostRoots roots, HostDaemons daemons, Func<uint, string?>? homeOf, AgentCounters counters, RateLimitedLog log)
    {
        var homes = new RootlessHomes(homeOf);
        Documents = new StateDocuments(options.MaxStateFileBytes, counters, log);
        _docker = new DockerRuntime(
            new DockerDataRoots(options.DockerRoots, daemons.DataRoots), homes, Documents, options.MaxContainers, new DetailsBudget(DetailsBudget.DefaultBytes));
        StatePlace[] crio = [.. CrioNames.RunRoots(options, roots).SelectMany(PodmanStore.Directories).Select(path => new StatePlace(path + "/", "/userdata/config.json"))];
        Runtimes =
        [
            _docker,
            new PodmanRuntime([.. options.PodmanRoots, PodmanStore.RunRoot(roots)], homes, Documents, options.MaxContainers),
            new OciRuntime(ContainerRuntime.Containerd, OciRuntime.ContainerdPlaces(Directories), Documents),
            new OciRuntime(ContainerRuntime.Crio, () => crio, Documents),
            new LxcRuntime(options.LxcRoots, options.LxdRoots, Documents, options.MaxContainers),
        ];

        IEnumerable<string> Directories() =>
            ContainerdNames.StateDirectories(options, roots).Union(daemons.ContainerdStates.Paths, StringComparer.Ordinal).Select(path => path + "/io.containerd.runtime.v2.task");
    }

    /// <summary>The runtimes, Docker first.</summary>
    internal IReadOnlyList<IRuntimeContainers> Runtimes { get; }

    /// <summary>Reads files.</summary>
    internal StateDocuments Documents { get; }

    /// <summary>Docker's data roots. Any thread may read it.</summary>
    internal IReadOnlyList<string> DockerRoots => _docker.Paths;
}
