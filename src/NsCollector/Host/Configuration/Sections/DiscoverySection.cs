using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[discovery]</c>.</summary>
internal static class DiscoverySection
{
    internal static ConfigurationSection Section { get; } = new("discovery", false, "How containers are found and named.");

    private static readonly SectionKeys<DiscoverOptions> Discover = new(Section, (draft, _) => draft.Discover, (draft, _, options) => draft.Discover = options);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Discover.Key("interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)), d => d.Interval, (d, v) => d with { Interval = v },
            "Time between two full walks of the cgroup tree. A walk finds containers that inotify did not report. Without inotify, walks are at most 10 s apart."),
        Discover.Key("max_watches", new IntegerValue(0, 1_000_000), d => d.MaxWatches, (d, v) => d with { MaxWatches = v },
            "Maximum cgroup directories watched for births by inotify. Further ones are counted, and walks find the containers in them. Directories without a known runtime get at most an eighth of these watches."),
        Discover.Key("systemd_services", new SwitchValue(), d => d.SystemdServices, (d, v) => d with { SystemdServices = v },
            "Sample systemd services like containers, with the runtime `systemd`."),
        Discover.Key("cgroup_paths", ListValue.AbsolutePaths("globs of cgroup paths that begin with /"), d => d.CgroupPaths, (d, v) => d with { CgroupPaths = v },
            "Further cgroups to treat as containers, with the runtime `cgroup`. Paths are relative to the root of the hierarchy.", example: "/build/*, /vm/*"),
        Discover.Key("docker_roots", ListValue.AbsolutePaths(), d => d.DockerRoots, (d, v) => d with { DockerRoots = v },
            "Docker's data roots, searched in order for container names."),
        Discover.Key("podman_roots", ListValue.AbsolutePaths(), d => d.PodmanRoots, (d, v) => d with { PodmanRoots = v },
            "Podman's storage roots, searched in order for container names."),
        BelowRun("containerd_states", (d, v) => d with { ContainerdStates = v },
            "containerd's state directories, searched in order for container names.", "`containerd` and `k3s/containerd` below the run directory", "/run/containerd"),
        BelowRun("crio_run_roots", (d, v) => d with { CrioRunRoots = v },
            "The run roots of CRI-O's storage, searched in order for container names.", "`containers/storage` below the run directory", "/run/containers/storage"),
        Discover.Key("lxd_roots", ListValue.AbsolutePaths(), d => d.LxdRoots, (d, v) => d with { LxdRoots = v },
            "The directories of LXD and Incus. They separate the project of an instance from its name."),
        Discover.Key("lxc_roots", ListValue.AbsolutePaths(), d => d.LxcRoots, (d, v) => d with { LxcRoots = v },
            "The directories in which LXC keeps its containers (lxc.lxcpath). They are only used for the measurement container_state."),
        Discover.Key("container_states", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), zeroWord: "off"), d => d.ContainerStates, (d, v) => d with { ContainerStates = v },
            "How often all containers of the host are counted by runtime and state, including stopped ones, for the measurement container_state. With `off`, they are not counted, and no state file is read for this. A state file that has not changed costs one system call."),
        Discover.Key("docker_sockets", ListValue.Sockets(), d => d.DockerSockets, (d, v) => d with { DockerSockets = v },
            "Sockets of Docker's Engine API, or of a compatible daemon. The agent asks them for names and labels and follows renames. If empty, no daemon is asked. Sampling never waits for a daemon."),
        Discover.Key("podman_sockets", ListValue.Sockets(), d => d.PodmanSockets, (d, v) => d with { PodmanSockets = v },
            "The same for podman. If systemd listens on the socket, connecting starts podman's service and keeps it running.", example: "/run/podman/podman.sock"),
        Discover.Key("engine_timeout", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)), d => d.EngineTimeout, (d, v) => d with { EngineTimeout = v },
            "Timeout for an answer of such a daemon. The list of all containers may take six times as long."),
        Discover.Key("max_engine_answer", new SizeValue(64 << 10, 4L << 30), d => d.MaxEngineAnswerBytes, (d, v) => d with { MaxEngineAnswerBytes = v },
            "Maximum bytes read of such an answer. Containers beyond it get their names from the state files only. The answer is parsed as it arrives and is not kept in memory."),
        Discover.Key("names_inside", new SwitchValue(), d => d.NamesInside, (d, v) => d with { NamesInside = v },
            "Read the names and images of containers inside containers (Docker in Docker, kind) from the files of the runtimes there, on threads of their own. The tag `container` is then OUTER/NAME. With `off`, and if nothing can be read, the id is the name."),
        Discover.Key("max_containers", new IntegerValue(1, 1_000_000), d => d.MaxContainers, (d, v) => d with { MaxContainers = v },
            "Maximum containers. Further ones are counted, logged and left out."),
        Discover.Key("max_containers_in_container", new IntegerValue(0, 1_000_000), d => d.MaxContainersInContainer, (d, v) => d with { MaxContainersInContainer = v },
            "Maximum containers inside one container (Docker in Docker, kind), or created by one user, so that no tenant can use up `max_containers` for the others. Further ones are counted, logged and left out."),
        Discover.Key("max_cgroups", new IntegerValue(100, 10_000_000), d => d.MaxCgroups, (d, v) => d with { MaxCgroups = v },
            "Maximum cgroup directories examined per hierarchy. Further ones are counted and left out."),
        Discover.Key("max_cgroups_in_container", new IntegerValue(10, 1_000_000), d => d.MaxCgroupsInContainer, (d, v) => d with { MaxCgroupsInContainer = v },
            "Maximum cgroup directories examined inside one container, so that no container can use up `max_cgroups` for the others."),
        Discover.Key("max_init_candidates", new IntegerValue(8, 10_000_000), d => d.MaxInitCandidates, (d, v) => d with { MaxInitCandidates = v },
            "Maximum processes and cgroups of one container that are examined to find its init process. A search that ends early is counted in `init_searches_over_limit`."),
        Discover.Key("max_state_file", new SizeValue(4096, 256L << 20), d => d.MaxStateFileBytes, (d, v) => d with { MaxStateFileBytes = (int)v },
            "Maximum size of a runtime's state file. A larger file counts as unreadable."),
        Discover.Key("real_time", new SwitchValue(), d => d.RealTime, (d, v) => d with { RealTime = v },
            "Request real-time priority (SCHED_FIFO, 1) for the thread that reads the final totals when a container exits. With `off`, or if the kernel refuses, the thread gets the lowest nice value that it may have. On a busy host it then misses the totals of some containers."),
        Discover.Key("exit_buffer_size", new SizeValue(64 << 10, 1 << 30), d => d.ExitBufferBytes, (d, v) => d with { ExitBufferBytes = v },
            "Maximum bytes of final totals that wait in memory to be processed, about 2 KiB per container. Totals beyond it are left out and counted; the exit itself is still reported."),
    ];

    // Empty means the directories below --run, which the configuration does not know.
    private static ConfigurationKey<ImmutableArray<string>> BelowRun(
        string name, Func<DiscoverOptions, ImmutableArray<string>, DiscoverOptions> set, string help, string defaultInWords, string example) =>
        Discover.Key(name, ListValue.AbsolutePaths(), _ => [], set, help, defaultInWords, example);
}
