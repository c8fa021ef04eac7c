using System.Collections.Immutable;
using NsCollector.Sample.Cgroup.Records;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Qdiscs;
using NsCollector.Sample.Filesystem;
using NsCollector.Sample.Flows;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Netfilter;

namespace NsCollector.Sample;

/// <summary>What is read, and when. Immutable; validated by Host.</summary>
internal sealed record SampleOptions
{
    /// <summary>From the start of one cycle to the start of the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often CPU, throttling and memory are looked at between two samples; zero: not at all.</summary>
    public TimeSpan Peaks { get; init; }

    /// <summary>Whether cycles start at multiples of <see cref="Interval"/> since the epoch, on the host's realtime clock.</summary>
    public bool Align { get; init; }

    /// <summary>Upper limit of a constant delay of each cycle, drawn once, so that a fleet does not act at the same time.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.Zero;

    /// <summary>Whether a cycle is spread over the interval instead of running at once.</summary>
    public bool Spread { get; init; }

    /// <summary>How many threads sample; 0: one, and more if a cycle is more than one thread's work.</summary>
    public int Threads { get; init; }

    /// <summary>Maximum time after a container's birth to wait for its first connection and health (container_start); zero: not reported.</summary>
    public TimeSpan StartWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What is read of the host itself.</summary>
    public HostOptions Host { get; init; } = new();

    /// <summary>The options of container_filesystem.</summary>
    public FilesystemOptions Filesystem { get; init; } = new();

    /// <summary>How namespaces are read.</summary>
    public NetworkMode Network { get; init; } = NetworkMode.Auto;

    /// <summary>container_tcp and container_udp.</summary>
    public bool Protocols { get; init; } = true;

    /// <summary>Whether <see cref="ContainerSample.TcpDetail"/> is read with <see cref="Protocols"/>.</summary>
    public bool TcpDetail { get; init; }

    /// <summary>How often <see cref="Protocols"/> are read; up to <see cref="Interval"/>: in every cycle.</summary>
    public TimeSpan ProtocolsInterval { get; init; }

    /// <summary>How often memory.stat is read; up to <see cref="Interval"/>: in every cycle.</summary>
    public TimeSpan StatInterval { get; init; }

    /// <summary>container_conntrack.</summary>
    public bool Conntrack { get; init; }

    /// <summary>The options of container_connections.</summary>
    public ConnectionOptions Connections { get; init; } = new();

    /// <summary>The options of container_flow.</summary>
    public FlowOptions Flows { get; init; } = new();
    /// <summary>The options of netfilter and container_netfilter.</summary>
    public NetfilterOptions Netfilter { get; init; } = new();

    /// <summary>The options of container_qdisc.</summary>
    public QdiscOptions Qdiscs { get; init; } = new();

    /// <summary>Whether <c>lo</c> is reported.</summary>
    public bool Loopback { get; init; }

    /// <summary>Maximum interfaces reported for one namespace; more are counted and left out.</summary>
    public int MaxInterfaces { get; init; } = 4096;

    /// <summary>The directories in which runtimes bind-mount network namespaces; a path that begins with /run/ is below the host's run directory.</summary>
    public ImmutableArray<string> NamespaceRoots { get; init; } = ["/run/docker/netns", "/run/netns"];

    /// <summary>Maximum files checked in one such directory; more are counted and left out.</summary>
    public int MaxNamespaceFiles { get; init; } = 65_536;

    /// <summary>Maximum interfaces that lead out of a container whose counters are read at its exit; with more, the case is counted.</summary>
    public int MaxPeers { get; init; } = 64;

    /// <summary>Bytes of messages about removed interfaces that wait to be read; the kernel limits it to net.core.rmem_max.</summary>
    public long RemovalBufferBytes { get; init; } = 1 << 20;

    /// <summary>container_cpu_core.</summary>
    public bool CpuCores { get; init; }

    /// <summary>container_memory_stat.</summary>
    public bool MemoryStat { get; init; }

    /// <summary>
    /// Whether to read what only Telegraf's schema and Docker's API need: the text of memory.stat, the CPU time of each core, and the CPU time of the host.
    /// </summary>
    public bool Telegraf { get; init; }

    /// <summary>Whether to read what only Docker's API needs: on cgroup v1, user and system time in ticks (cpuacct.stat).</summary>
    public bool DockerApi { get; init; }

    /// <summary>Whether container_limits is reported.</summary>
    public bool Limits { get; init; }

    /// <summary>Whether container_memory_detail and the further fields of other measurements are reported.</summary>
    public bool MemoryDetail { get; init; }

    /// <summary>container_pressure.</summary>
    public bool Pressure { get; init; } = true;

    /// <summary>container_blkio.</summary>
    public bool Blkio { get; init; } = true;

    /// <summary>container_hugetlb.</summary>
    public bool Hugetlb { get; init; } = true;

    /// <summary>Whether the cgroups that contain containers are read too. They are not containers, and only the Prometheus page shows them.</summary>
    public bool Parents { get; init; }

    /// <summary>How many of these are read at most.</summary>
    public int MaxParents { get; init; } = 1000;

    /// <summary>Whether container_oom says which process was killed.</summary>
    public OomVictimMode OomVictims { get; init; } = OomVictimMode.Auto;

    /// <summary>Maximum block devices reported for one container; more are counted and left out.</summary>
    public int MaxDevices { get; init; } = 256;

    /// <summary>How the numbers of cgroups are read.</summary>
    public CgroupReaderMode CgroupReader { get; init; }

    /// <summary>How many cgroup files may be held open; 0: as many as RLIMIT_NOFILE and the memory of the agent's cgroup allow.</summary>
    public int MaxHeldFiles { get; init; } = 2000;

    /// <summary>How often limits and the state are read; they rarely change.</summary>
    public TimeSpan LimitsInterval { get; init; } = TimeSpan.FromSeconds(60);
}
