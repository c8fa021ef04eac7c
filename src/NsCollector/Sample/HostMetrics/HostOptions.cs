using System.Collections.Immutable;

namespace NsCollector.Sample.HostMetrics;

/// <summary>What is read of the host. Immutable; validated by Host.</summary>
internal sealed record HostOptions
{
    /// <summary>Whether the host is read at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>How often; up to the agent's interval: in every cycle.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>host_cpu_core.</summary>
    public bool CpuCores { get; init; }

    /// <summary>host_filesystem.</summary>
    public bool Filesystems { get; init; } = true;

    /// <summary>Mount points that are left out: those of runtimes for their containers. A star matches slashes too.</summary>
    public ImmutableArray<string> ExcludeMountPoints { get; init; } =
    [
        "/var/lib/docker/*", "/var/lib/containers/*", "/var/lib/containerd/*", "/var/lib/kubelet/*", "/var/lib/lxc/*", "/var/lib/lxd/*", "/var/lib/incus/*",
        "/*/containers/*/mounts/shm", "/run/containerd/*", "/run/docker/*", "/run/netns/*", "/run/user/*", "/run/credentials/*", "/snap/*",
    ];

    /// <summary>Maximum file systems reported; more are counted and left out.</summary>
    public int MaxFilesystems { get; init; } = 256;

    /// <summary>Maximum disks reported; more are counted and left out.</summary>
    public int MaxDisks { get; init; } = 1024;

    /// <summary>Maximum interfaces of the host that are looked at, its ends of veth pairs included; more are counted and left out.</summary>
    public int MaxInterfaces { get; init; } = 65_536;
}
