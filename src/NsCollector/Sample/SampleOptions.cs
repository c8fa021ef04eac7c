using System.Collections.Immutable;

namespace NsCollector.Sample;

/// <summary>What is read, and when. Immutable; validated by Host.</summary>
internal sealed record SampleOptions
{
    /// <summary>From the start of one cycle to the start of the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether cycles start at multiples of <see cref="Interval"/> since the epoch, as the host's clock tells.</summary>
    public bool Align { get; init; }

    /// <summary>Each start is put off by a constant drawn once from zero to this, so that a fleet does not act at once.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.Zero;

    /// <summary>How namespaces are read.</summary>
    public NetworkMode Network { get; init; } = NetworkMode.Auto;

    /// <summary>container_tcp and container_udp.</summary>
    public bool Protocols { get; init; } = true;

    /// <summary>container_conntrack.</summary>
    public bool Conntrack { get; init; }

    /// <summary>Whether <c>lo</c> is reported.</summary>
    public bool Loopback { get; init; }

    /// <summary>The most interfaces reported of one namespace; more are counted and left out.</summary>
    public int MaxInterfaces { get; init; } = 4096;

    /// <summary>The directories in which runtimes hold network namespaces by bind mounts; what begins with /run/ is below the host's run directory.</summary>
    public ImmutableArray<string> NamespaceRoots { get; init; } = ["/run/docker/netns", "/run/netns"];

    /// <summary>The most files of one such directory that are looked at; more are counted and left out.</summary>
    public int MaxNamespaceFiles { get; init; } = 65_536;

    /// <summary>The most interfaces of a namespace whose ends on the host are looked for; with more, counted, none are.</summary>
    public int MaxPeers { get; init; } = 64;

    /// <summary>container_cpu_core.</summary>
    public bool CpuCores { get; init; }

    /// <summary>container_memory_stat.</summary>
    public bool MemoryStat { get; init; }

    /// <summary>container_pressure.</summary>
    public bool Pressure { get; init; } = true;

    /// <summary>container_blkio.</summary>
    public bool Blkio { get; init; } = true;

    /// <summary>container_hugetlb.</summary>
    public bool Hugetlb { get; init; } = true;

    /// <summary>The most block devices reported of one container; more are counted and left out.</summary>
    public int MaxDevices { get; init; } = 256;

    /// <summary>How many cgroup files may be held open; 0 means what RLIMIT_NOFILE leaves.</summary>
    public int MaxHeldFiles { get; init; }

    /// <summary>How often limits and the state are read again; they change seldom.</summary>
    public TimeSpan LimitsInterval { get; init; } = TimeSpan.FromSeconds(60);
}
