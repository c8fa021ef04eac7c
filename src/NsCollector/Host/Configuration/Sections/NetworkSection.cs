using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Flows;
using NsCollector.Sample.Netfilter;
using NsCollector.Sample.Qdiscs;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[network]</c>.</summary>
internal static class NetworkSection
{
    internal static ConfigurationSection Section { get; } = new("network", false, "What is read in the containers' network namespaces.");

    private static readonly SectionKeys<SampleOptions> Sample = new(Section, (draft, _) => draft.Sample, (draft, _, options) => draft.Sample = options);

    private static readonly SectionKeys<ConnectionOptions> Connections = new(Section,
        (draft, _) => draft.Sample.Connections, (draft, _, options) => draft.Sample = draft.Sample with { Connections = options });

    private static readonly SectionKeys<FlowOptions> Flows = new(Section,
        (draft, _) => draft.Sample.Flows, (draft, _, options) => draft.Sample = draft.Sample with { Flows = options });
    private static readonly SectionKeys<NetfilterOptions> Netfilter = new(Section,
        (draft, _) => draft.Sample.Netfilter, (draft, _, options) => draft.Sample = draft.Sample with { Netfilter = options });
    private static readonly SectionKeys<QdiscOptions> Qdiscs = new(Section,
        (draft, _) => draft.Sample.Qdiscs, (draft, _, options) => draft.Sample = draft.Sample with { Qdiscs = options });

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Sample.Key("mode",
            new ChoiceValue<NetworkMode>(("auto", NetworkMode.Auto), ("visit", NetworkMode.Visit), ("proc", NetworkMode.Proc), ("off", NetworkMode.Off)),
            s => s.Network, (s, v) => s with { Network = v },
            "How network counters are read: `visit` enters each namespace (needs CAP_SYS_ADMIN and CAP_SYS_PTRACE), `proc` reads /proc/PID/net without entering, `auto` visits if permitted, `off` reads none."),
        Sample.Key("protocols", new SwitchValue(), s => s.Protocols, (s, v) => s with { Protocols = v },
            "Report the measurements container_tcp and container_udp."),
        Sample.Key("tcp_detail", new SwitchValue(), s => s.TcpDetail, (s, v) => s with { TcpDetail = v },
            "Show all figures of TCP that cAdvisor has: in container_network_advance_tcp_stats_total of the Prometheus page, and in tcp_advanced of cAdvisor's API. Needs `network.protocols`. Each container adds up to 86 series to the page, and up to 2.3 KB to the agent's memory. Sinks do not get them."),
        Sample.Key("protocols_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), zeroAllowed: true), s => s.ProtocolsInterval, (s, v) => s with { ProtocolsInterval = v },
            "How often container_tcp and container_udp are read, different containers in different cycles; 0 is in every cycle. Reading them costs as much CPU as everything else together."),
        Sample.Key("conntrack", new SwitchValue(), s => s.Conntrack, (s, v) => s with { Conntrack = v },
            "Report the measurement container_conntrack. Needs a visit."),
        Connections.Key("connections",
            new ChoiceValue<ConnectionsMode>(("off", ConnectionsMode.Off), ("listeners", ConnectionsMode.Listeners), ("on", ConnectionsMode.On)),
            c => c.Mode, (c, v) => c with { Mode = v },
            "Report the measurement container_connections: `listeners` only the listening TCP sockets and their accept queues, `on` all TCP and UDP sockets. Needs a visit and the kernel's inet_diag; modules are not loaded."),
        Connections.Key("connections_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), zeroAllowed: true), c => c.Interval, (c, v) => c with { Interval = v },
            "How often the sockets of a container are counted, different containers in different cycles; 0 is in every cycle."),
        Connections.Key("connections_cpu", new PercentValue(100), c => c.CpuPercent, (c, v) => c with { CpuPercent = v },
            "Maximum CPU time for counting all sockets, in percent of one core; 0 counts only listening ones. Each count walks the TCP sockets of the whole host. If the budget does not suffice, the containers whose last count is longest ago go first."),
        Connections.Key("max_sockets", new IntegerValue(1, 10_000_000), c => c.MaxSockets, (c, v) => c with { MaxSockets = v },
            "Maximum sockets that are counted in one namespace; with more, the field `cut` is true and the count ends early."),
        Flows.Key("flows", new SwitchValue(), f => f.Enabled, (f, v) => f with { Enabled = v },
            "Report the measurement container_flow: what TCP connections have transferred, by direction, remote and port, when they are closed, and with `network.connections = on` also while they live. Needs a visit, the kernel's inet_diag (modules are not loaded), CAP_NET_BROADCAST and CAP_NET_ADMIN. The kernel then reports each TCP socket that is closed on the host."),
        Flows.Key("flows_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), zeroAllowed: true), f => f.Interval, (f, v) => f with { Interval = v },
            "The time that a point of container_flow sums up, in whole cycles; 0 is one cycle."),
        Flows.Key("flows_top", new IntegerValue(0, 1000), f => f.Top, (f, v) => f with { Top = v },
            "Maximum remotes of a container with a point of their own in an interval: those with most bytes. The rest is summed up as the remote `other`."),
        Flows.Key("flows_prefix_ipv4", new IntegerValue(0, 32), f => f.PrefixIpv4, (f, v) => f with { PrefixIpv4 = v },
            "Remote IPv4 addresses are summed up by the network of so many bits; 32 is each address."),
        Flows.Key("flows_prefix_ipv6", new IntegerValue(0, 128), f => f.PrefixIpv6, (f, v) => f with { PrefixIpv6 = v },
            "Remote IPv6 addresses are summed up by the network of so many bits; 128 is each address."),
        Flows.Key("flows_max_remotes", new IntegerValue(64, 1_000_000), f => f.MaxRemotes, (f, v) => f with { MaxRemotes = v },
            "Maximum combinations of container, direction, remote and port that are kept apart in an interval, a quarter of them for one container. Each takes about 230 bytes. Further ones are counted and summed up as the remote `other`."),
        Flows.Key("flows_buffer", new SizeValue(4096, 1 << 30), f => f.BufferBytes, (f, v) => f with { BufferBytes = v },
            "Memory for messages about closed connections that wait to be read. If messages are lost, they are counted, and the points say so."),
        Netfilter.Key("netfilter",
            new ChoiceValue<NetfilterMode>(("off", NetfilterMode.Off), ("host", NetfilterMode.Host), ("on", NetfilterMode.On)),
            n => n.Mode, (n, v) => n with { Mode = v },
            "Report counters of nftables, nfacct and legacy iptables: `host` in the host's namespace (measurement netfilter), `on` also in the containers' (container_netfilter, needs a visit). Needs CAP_NET_ADMIN, which the service does not have; modules are not loaded."),
        Netfilter.Key("netfilter_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), zeroAllowed: true), n => n.Interval, (n, v) => n with { Interval = v },
            "How often these counters are read in a namespace, different namespaces in different cycles; 0 is in every cycle."),
        Netfilter.Key("max_netfilter_rules", new IntegerValue(1, 1_000_000), n => n.MaxRules, (n, v) => n with { MaxRules = v },
            "Maximum points of these counters for one namespace. Further ones are counted and left out. It also limits what is read: 4 KiB for each."),
        Qdiscs.Key("qdisc", new SwitchValue(), q => q.Enabled, (q, v) => q with { Enabled = v },
            "Report the measurement container_qdisc: the queueing disciplines (tc) of the containers' interfaces, at both ends of a veth pair. Needs a visit."),
        Qdiscs.Key("qdisc_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), zeroAllowed: true), q => q.Interval, (q, v) => q with { Interval = v },
            "How often the queueing disciplines of a container are read, different containers in different cycles; 0 is in every cycle."),
        Qdiscs.Key("max_qdiscs", new IntegerValue(1, 65536), q => q.MaxQdiscs, (q, v) => q with { MaxQdiscs = v },
            "Maximum queueing disciplines reported per container. Further ones are counted and left out."),
        Sample.Key("loopback", new SwitchValue(), s => s.Loopback, (s, v) => s with { Loopback = v },
            "Report the interface `lo` too."),
        Sample.Key("max_interfaces", new IntegerValue(1, 65536), s => s.MaxInterfaces, (s, v) => s with { MaxInterfaces = v },
            "Maximum interfaces reported per namespace. Further ones are counted and left out."),
        Sample.Key("namespace_roots", ListValue.AbsolutePaths(), s => s.NamespaceRoots, (s, v) => s with { NamespaceRoots = v },
            "Directories in which runtimes bind-mount network namespaces. The final counters of a container are read through these mounts. A path below /run/ is looked up below `--run`."),
        Sample.Key("max_namespace_files", new IntegerValue(1, 10_000_000), s => s.MaxNamespaceFiles, (s, v) => s with { MaxNamespaceFiles = v },
            "Maximum files examined in each of these directories. Further ones are counted and left out."),
        Sample.Key("max_peers", new IntegerValue(1, NativeShim.MaxWatchLinks), s => s.MaxPeers, (s, v) => s with { MaxPeers = v },
            "Maximum interfaces that lead out of a container whose counters are read at its exit, in its namespace or at their veth peers on the host. With more, the case is counted and the totals are not final."),
        Sample.Key("removal_buffer", new SizeValue(4096, 1 << 30), s => s.RemovalBufferBytes, (s, v) => s with { RemovalBufferBytes = v },
            "Memory for messages about removed interfaces that wait to be read. The kernel limits it to net.core.rmem_max. If messages are lost, the case is counted and the totals of the containers concerned are not final."),
    ];
}
