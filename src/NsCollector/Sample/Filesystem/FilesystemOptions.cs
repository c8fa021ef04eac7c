using System.Collections.Immutable;

namespace NsCollector.Sample.Filesystem;

/// <summary>What is read of the containers' disks. Immutable; validated by Host.</summary>
internal sealed record FilesystemOptions
{
    /// <summary>container_filesystem.</summary>
    public bool Containers { get; init; }

    /// <summary>How often the figures are taken, and how often a directory is walked at most.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>CPU time that walks of directories may use, in percent of one core; 0: there are none.</summary>
    public double WalkCpuPercent { get; init; } = 1;

    /// <summary>Whether volumes are reported beside the root file system.</summary>
    public bool Volumes { get; init; } = true;

    /// <summary>Mount points in the container that are not volumes. A star matches slashes too.</summary>
    public ImmutableArray<string> ExcludeMountPoints { get; init; } =
    [
        "/dev", "/dev/*", "/proc", "/proc/*", "/sys", "/sys/*", "/run/secrets/*", "/var/run/secrets/*", "/run/lock", "/run/user/*", "/run/credentials/*",
        "/run/systemd/*", "/run/netns/*", "/var/lib/docker/*", "/var/lib/containers/*", "/var/lib/containerd/*", "/var/lib/kubelet/*", "/run/containerd/*",
        "/run/docker/*", "/var/lib/lxcfs", "/var/lib/lxcfs/*",
    ];

    /// <summary>Maximum volumes of a container; more are counted and left out.</summary>
    public int MaxVolumes { get; init; } = 32;
}
