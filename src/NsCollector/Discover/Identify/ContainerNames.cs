using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>
/// What containers are called, from the files in which their runtimes keep their state. Belongs to one thread: it reads
/// disks, which may be slow, and neither births nor sampling may wait for it. Never throws.
/// </summary>
/// <remarks>
/// The runtime that the cgroup path shows decides who is asked, and nobody else is believed. In order:
/// <list type="bullet">
/// <item>Docker: config.v2.json below each of discovery.docker_roots; the Engine API (<see cref="DockerNames"/>).</item>
/// <item>containerd: the OCI bundle below each of discovery.containerd_states, namespace k8s.io first (<see cref="ContainerdNames"/>).</item>
/// <item>CRI-O: the OCI bundle below each of discovery.crio_run_roots (<see cref="CrioNames"/>).</item>
/// <item>Podman: the listings of the user's home, of discovery.podman_roots, of the transient store; its API (<see cref="PodmanNames"/>).</item>
/// <item>LXC: the path; for instances of LXD's and Incus' projects, discovery.lxd_roots (<see cref="LxdNames"/>).</item>
/// <item>systemd-nspawn: machined's file of that unit; the path (<see cref="NspawnNames"/>).</item>
/// <item>All else: the path.</item>
/// </list>
/// A file that cannot be understood gives no names and counts once as <see cref="AgentCounter.IdentityErrors"/>, however
/// many containers ask for it, until it is another version. Neither such a version nor a file that went away takes a name
/// away: an id is never given twice.
/// </remarks>
internal sealed class ContainerNames
{
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly IdentityOptions _options;
    private readonly TagGuard _guard;
    private readonly DockerNames _docker;
    private readonly ContainerdNames _containerd;
    private readonly CrioNames _crio;
    private readonly PodmanNames _podman;
    private readonly LxdNames _lxd;
    private readonly NspawnNames _nspawn;

    /// <summary>Makes the resolvers; nothing is read yet.</summary>
    /// <param name="options">Where the runtimes keep their files, how large one may be, and which labels become tags.</param>
    /// <param name="roots">Where the host's /run is.</param>
    /// <param name="counters">Counts files that could not be understood, and labels and images over their limits.</param>
    /// <param name="logger">Is told of them.</param>
    /// <param name="homeOf">Looks a user's home up; null: getpwuid(3).</param>
    /// <param name="dockerEngine">Is asked of Docker's containers that no file names; null: nobody.</param>
    /// <param name="podmanEngine">The same of podman's.</param>
    internal ContainerNames(
        DiscoverOptions options, HostRoots roots, AgentCounters counters, ILogger logger, Func<uint, string?>? homeOf = null,
        IEngineNames? dockerEngine = null, IEngineNames? podmanEngine = null)
    {
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _options = options.Identity;
        _guard = new TagGuard(_options);
        var selection = new LabelSelection(_options.Labels);
        var files = new StateFiles(options.MaxStateFileBytes, selection, counters, _log);
        _docker = new DockerNames(options.DockerRoots, files, new EngineAnswers(dockerEngine, selection));
        _containerd = new ContainerdNames(options, roots, files, counters, _log);
        _crio = new CrioNames(options, roots, files);
        _podman = new PodmanNames(options, roots, files, new EngineAnswers(podmanEngine, selection), homeOf);
        _lxd = new LxdNames(options.LxdRoots, files);
        _nspawn = new NspawnNames(roots, files);
    }

    /// <summary>What the runtime says of a container.</summary>
    /// <param name="recognised">What its cgroup path says of it.</param>
    /// <param name="cgroupPath">That path.</param>
    /// <param name="previous">The last answer for this container: returned itself, after one or a few statx(2) and without allocating, where nothing has changed.</param>
    /// <returns>An answer that is equal to the previous one, though not the same, where a file has changed and says the same of this container.</returns>
    internal KnownIdentity Resolve(RecognisedContainer recognised, string cgroupPath, KnownIdentity? previous)
    {
        INameResolver? resolver = recognised.Runtime switch
        {
            ContainerRuntime.Docker => _docker,
            ContainerRuntime.Containerd => _containerd,
            ContainerRuntime.Crio => _crio,
            ContainerRuntime.Podman => _podman,
            ContainerRuntime.Lxc => _lxd,
            ContainerRuntime.Nspawn => _nspawn,
            _ => null,
        };
        KnownIdentity? found = resolver?.Resolve(recognised, cgroupPath, previous);
        if (found is null) return previous ?? KnownIdentity.Nothing;
        return ReferenceEquals(found, previous) ? previous : Guarded(found, previous);
    }

    /// <summary>Whether Docker keeps a container of this id. Allocates nothing; any thread may ask.</summary>
    internal bool IsDockers(string id) => _docker.Keeps(id);

    private KnownIdentity Guarded(KnownIdentity found, KnownIdentity? previous)
    {
        bool isKnownImage = found.Image == previous?.Image;
        bool isOverLimit = isKnownImage ? previous?.ImageOverLimit == true : found.Image is { } image && !_guard.AdmitImage(image);
        if (isOverLimit && !isKnownImage)
        {
            _counters.Add(AgentCounter.ImagesOverLimit);
            _log.Warning("images over limit", $"More than {_options.MaxImageValues} images since the start: further ones make no tag; raise identity.max_image_values");
        }

        if (isOverLimit != found.ImageOverLimit) found = found with { ImageOverLimit = isOverLimit };
        ImmutableArray<KeyValuePair<string, string>> admitted = found.Labels.RemoveAll(label => !_guard.AdmitLabel(label.Key, label.Value));
        int leftOut = found.Labels.Length - admitted.Length;
        if (leftOut == 0) return found;
        _counters.Add(AgentCounter.LabelsOverLimit, leftOut);
        _log.Warning("labels over limit", $"More than {_options.MaxLabelKeys} keys of labels, or more than {_options.MaxLabelValues} values of one, since the start: further ones make no tags; narrow identity.labels, or raise identity.max_label_keys or identity.max_label_values");
        return found with { Labels = admitted };
    }
}
