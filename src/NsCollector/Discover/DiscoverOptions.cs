using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>How containers are found and named. Immutable; validated by Host.</summary>
internal sealed record DiscoverOptions
{
    /// <summary>Between two full walks of the cgroup tree, which find what inotify could not tell. Ten seconds at the most where it tells nothing.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The most directories that are watched for births; more are counted, and what is made in them is found by walks.</summary>
    public int MaxWatches { get; init; } = 8_192;

    /// <summary>Whether systemd services count as containers.</summary>
    public bool SystemdServices { get; init; }

    /// <summary>Globs of further cgroup paths that count as containers of the runtime <c>cgroup</c>.</summary>
    public ImmutableArray<string> CgroupPaths { get; init; } = [];

    /// <summary>Docker's data roots, searched in order for containers/ID/config.v2.json.</summary>
    public ImmutableArray<string> DockerRoots { get; init; } = ["/var/lib/docker"];

    /// <summary>Podman's storage roots, searched in order for DRIVER-containers/containers.json.</summary>
    public ImmutableArray<string> PodmanRoots { get; init; } = ["/var/lib/containers/storage"];

    /// <summary>containerd's state directories, searched in order for OCI bundles; empty means containerd and k3s/containerd below the host's /run.</summary>
    public ImmutableArray<string> ContainerdStates { get; init; } = [];

    /// <summary>The run roots of CRI-O's storage, searched in order for OCI bundles; empty means containers/storage below the host's /run.</summary>
    public ImmutableArray<string> CrioRunRoots { get; init; } = [];

    /// <summary>The directories of LXD and Incus, which tell an instance's project from its name.</summary>
    public ImmutableArray<string> LxdRoots { get; init; } = ["/var/lib/lxd", "/var/snap/lxd/common/lxd", "/var/lib/incus"];

    /// <summary>
    /// The sockets of Docker's Engine API that are asked for names and followed; none: no daemon is asked. A path below
    /// /run is meant below the host's /run, wherever that is mounted.
    /// </summary>
    public ImmutableArray<string> DockerSockets { get; init; } = ["/run/docker.sock"];

    /// <summary>Likewise podman's. None by default: with its systemd units, a connection starts podman's service.</summary>
    public ImmutableArray<string> PodmanSockets { get; init; } = [];

    /// <summary>How long such a daemon may take for an answer; for the list of all containers six times as long.</summary>
    public TimeSpan EngineTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many bytes of a daemon's answer are read; what lies behind is left out and counted. Held at once is far less.</summary>
    public long MaxEngineAnswerBytes { get; init; } = 64 << 20;

    /// <summary>The largest state file of a runtime that is read, in bytes; a larger one counts as unreadable.</summary>
    public int MaxStateFileBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most containers that are followed; more are counted, named in the log once and left out.</summary>
    public int MaxContainers { get; init; } = 20_000;

    /// <summary>The most cgroup directories of a hierarchy that are remembered; more are counted and left out.</summary>
    public int MaxCgroups { get; init; } = 200_000;

    /// <summary>
    /// The most of them inside one outermost container, so that a container to which cgroups were delegated cannot use up
    /// the room of all others. A Kubernetes node in Docker has about a thousand.
    /// </summary>
    public int MaxCgroupsInContainer { get; init; } = 8_192;

    /// <summary>Whether the thread that watches for ends asks for real time (SCHED_FIFO).</summary>
    public bool RealTime { get; init; } = true;

    /// <summary>How many bytes of last readings may wait to be taken; past it the readings of further ends are left out and counted.</summary>
    public long ExitBufferBytes { get; init; } = 2 << 20;

    /// <summary>Which labels become tags, and how many values labels and images may take.</summary>
    public IdentityOptions Identity { get; init; } = new();

    /// <summary>Which containers count.</summary>
    public FilterOptions Filter { get; init; } = new();
}
