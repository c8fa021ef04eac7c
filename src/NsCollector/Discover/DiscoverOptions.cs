using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>How containers are found and named. Immutable; validated by Host.</summary>
public sealed record DiscoverOptions
{
    /// <summary>Between two walks of the cgroup tree.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether systemd services count as containers.</summary>
    public bool SystemdServices { get; init; }

    /// <summary>Globs of further cgroup paths that count as containers of the runtime <c>cgroup</c>.</summary>
    public ImmutableArray<string> CgroupPaths { get; init; } = [];

    /// <summary>Docker's data roots, searched in order for containers/ID/config.v2.json.</summary>
    public ImmutableArray<string> DockerRoots { get; init; } = ["/var/lib/docker"];

    /// <summary>Podman's storage roots, searched in order for DRIVER-containers/containers.json.</summary>
    public ImmutableArray<string> PodmanRoots { get; init; } = ["/var/lib/containers/storage"];

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

    /// <summary>Whether the thread that watches for the ends of containers asks for real-time priority.</summary>
    public bool RealTime { get; init; } = true;

    /// <summary>How many bytes of what was read of ended containers may wait to be taken up.</summary>
    public long ExitBufferBytes { get; init; } = 2 << 20;

    /// <summary>Which containers count.</summary>
    public FilterOptions Filter { get; init; } = new();
}
