using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>How containers are found and named. Immutable; validated by Host.</summary>
internal sealed record DiscoverOptions
{
    /// <summary>Time between two walks of the whole cgroup tree, which find what inotify did not report. At most ten seconds if inotify is not available.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Maximum number of directories watched for births. More are counted, and walks find the containers in them.</summary>
    public int MaxWatches { get; init; } = 8_192;

    /// <summary>Whether systemd services count as containers.</summary>
    public bool SystemdServices { get; init; }

    /// <summary>Globs of further cgroup paths that are containers of the runtime <c>cgroup</c>.</summary>
    public ImmutableArray<string> CgroupPaths { get; init; } = [];

    /// <summary>Docker's data roots, searched in order for containers/ID/config.v2.json.</summary>
    public ImmutableArray<string> DockerRoots { get; init; } = ["/var/lib/docker"];

    /// <summary>Podman's storage roots, searched in order for DRIVER-containers/containers.json.</summary>
    public ImmutableArray<string> PodmanRoots { get; init; } = ["/var/lib/containers/storage"];

    /// <summary>containerd's state directories, searched in order for OCI bundles; empty means containerd and k3s/containerd below the host's /run.</summary>
    public ImmutableArray<string> ContainerdStates { get; init; } = [];

    /// <summary>The run roots of CRI-O's storage, searched in order for OCI bundles; empty means containers/storage below the host's /run.</summary>
    public ImmutableArray<string> CrioRunRoots { get; init; } = [];

    /// <summary>The directories in which LXC keeps its containers (lxc.lxcpath), for <see cref="ContainerStates"/>.</summary>
    public ImmutableArray<string> LxcRoots { get; init; } = ["/var/lib/lxc"];

    /// <summary>The directories of LXD and Incus, which separate an instance's project from its name.</summary>
    public ImmutableArray<string> LxdRoots { get; init; } = ["/var/lib/lxd", "/var/snap/lxd/common/lxd", "/var/lib/incus"];

    /// <summary>
    /// The sockets of Docker's Engine API whose events are followed; empty: none. A path below /run is below the host's /run,
    /// wherever that is mounted.
    /// </summary>
    public ImmutableArray<string> DockerSockets { get; init; } = ["/run/docker.sock"];

    /// <summary>Likewise podman's. None by default: with its systemd units, a connection starts podman's service.</summary>
    public ImmutableArray<string> PodmanSockets { get; init; } = [];

    /// <summary>How long such a daemon may take to answer; for the list of all containers six times as long.</summary>
    public TimeSpan EngineTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many bytes of a daemon's answer are read. The rest is ignored, and counted once. Memory use is far less.</summary>
    public long MaxEngineAnswerBytes { get; init; } = 64 << 20;

    /// <summary>Whether the names of containers inside containers are read from the state of the runtimes there.</summary>
    public bool NamesInside { get; init; } = true;

    /// <summary>How often the host's containers are counted by state, including stopped ones (container_state); zero: never.</summary>
    public TimeSpan ContainerStates { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The largest state file of a runtime that is read, in bytes; a larger one counts as unreadable.</summary>
    public int MaxStateFileBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Maximum number of containers. More are counted, logged and left out.</summary>
    public int MaxContainers { get; init; } = 20_000;

    /// <summary>
    /// Maximum number of containers inside one container, or of one user's manager. More are counted, logged and left out. A
    /// Kubernetes node in Docker has about 300 (110 pods).
    /// </summary>
    public int MaxContainersInContainer { get; init; } = 500;

    /// <summary>Maximum number of cgroup directories in a hierarchy. More are counted and left out.</summary>
    public int MaxCgroups { get; init; } = 200_000;

    /// <summary>
    /// Maximum number of directories inside one outermost container, so that a container with delegated cgroups cannot use
    /// up the room of others. A Kubernetes node in Docker has about a thousand.
    /// </summary>
    public int MaxCgroupsInContainer { get; init; } = 8_192;

    /// <summary>
    /// Maximum number of processes and cgroups of one container that a search for its init process examines. A search that
    /// ends early is counted, and uses the best process that it has seen.
    /// </summary>
    public int MaxInitCandidates { get; init; } = 4_096;

    /// <summary>Whether the thread that watches for exits requests real-time scheduling (SCHED_FIFO), and discovery a higher priority.</summary>
    public bool RealTime { get; init; } = true;

    /// <summary>Maximum number of bytes of final reads that are queued. The final reads of further exits are left out and counted.</summary>
    public long ExitBufferBytes { get; init; } = 2 << 20;

    /// <summary>Which labels become tags, and how many values labels and images may have.</summary>
    public IdentityOptions Identity { get; init; } = new();

    /// <summary>Which containers are sampled.</summary>
    public FilterOptions Filter { get; init; } = new();
}
