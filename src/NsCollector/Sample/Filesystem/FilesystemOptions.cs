using System.Collections.Immutable;

namespace NsCollector.Sample.Filesystem;

/// <summary>The options of the section <c>[filesystem]</c>. Immutable; validated by Host.</summary>
internal sealed record FilesystemOptions
{
    /// <summary>Whether container_filesystem is reported.</summary>
    public bool Containers { get; init; }

    /// <summary>How often the figures are read. Each directory is walked at most once in this time.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Maximum CPU time of walks, in percent of one core; 0: no walks.</summary>
    public double WalkCpuPercent { get; init; } = 1;

    /// <summary>Whether volumes are reported in addition to the root file system.</summary>
    public bool Volumes { get; init; } = true;

    /// <summary>Mount points in the container that are not volumes. A star also matches slashes.</summary>
    public ImmutableArray<string> ExcludeMountPoints { get; init; } =
    [
        "/dev", "/dev/*", "/proc", "/proc/*", "/sys", "/sys/*", "/run/secrets/*", "/var/run/secrets/*", "/run/lock", "/run/user/*", "/run/credentials/*",
        "/run/systemd/*", "/run/netns/*", "/var/lib/docker/*", "/var/lib/containers/*", "/var/lib/containerd/*", "/var/lib/kubelet/*", "/run/containerd/*",
        "/run/docker/*", "/var/lib/lxcfs", "/var/lib/lxcfs/*",
    ];

    /// <summary>Maximum volumes of a container; further ones are counted and left out.</summary>
    public int MaxVolumes { get; init; } = 32;
}
