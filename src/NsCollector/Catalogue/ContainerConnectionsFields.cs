using System.Collections.Immutable;

namespace NsCollector.Catalogue;

internal static class ContainerConnectionsFields
{
    private const string Dump = "inet_diag";
    private const string Details = "inet_diag, tcp_info";

    internal static Measurement Measurement { get; } = new("container_connections", SamplePart.Connections, null,
        "network.connections = listeners or on, every network.connections_interval; needs a visit and the kernel's inet_diag",
        "The TCP and UDP sockets of the network namespace of the container. With `network.connections = listeners`, only the figures of listening sockets. The others are as old as age_ns, because a budget of CPU time limits their dumps (network.connections_cpu). If several containers share a namespace, it is reported once, for the same one as container_network. For a container in the host's namespace: the sockets that were created in its cgroup of the cgroup2 tree or below it (Linux 5.8), without the states TIME_WAIT, SYN_RECV and FIN_WAIT2.",
        [
            Gauge(Reading.ConnectionsAgeNs, "age_ns", "nanoseconds", "Age of all figures except those of listening sockets when the container was sampled, in nanoseconds.", "computed", isAge: true),
            new(Reading.ConnectionsCut, "cut", FieldType.Boolean, FieldKind.Gauge, "-",
                "Whether there were more sockets than network.max_sockets. Then all other figures are those of the first ones only, listening sockets before others, and UDP is absent.", "computed"),
            Total(Reading.ConnectionsEstablished, Reading.ConnectionsIpv6Established, "established", "ESTABLISHED"),
            Total(Reading.ConnectionsSynSent, Reading.ConnectionsIpv6SynSent, "syn_sent", "SYN_SENT"),
            Total(Reading.ConnectionsSynRecv, Reading.ConnectionsIpv6SynRecv, "syn_recv", "SYN_RECV"),
            Total(Reading.ConnectionsFinWait1, Reading.ConnectionsIpv6FinWait1, "fin_wait1", "FIN_WAIT1"),
            Total(Reading.ConnectionsFinWait2, Reading.ConnectionsIpv6FinWait2, "fin_wait2", "FIN_WAIT2"),
            Total(Reading.ConnectionsTimeWait, Reading.ConnectionsIpv6TimeWait, "time_wait", "TIME_WAIT"),
            Total(Reading.ConnectionsClose, Reading.ConnectionsIpv6Close, "close", "CLOSE"),
            Total(Reading.ConnectionsCloseWait, Reading.ConnectionsIpv6CloseWait, "close_wait", "CLOSE_WAIT"),
            Total(Reading.ConnectionsLastAck, Reading.ConnectionsIpv6LastAck, "last_ack", "LAST_ACK"),
            Total(Reading.ConnectionsClosing, Reading.ConnectionsIpv6Closing, "closing", "CLOSING"),
            Ipv6(Reading.ConnectionsIpv6Established, Reading.ConnectionsEstablished, "established", "ESTABLISHED"),
            Ipv6(Reading.ConnectionsIpv6SynSent, Reading.ConnectionsSynSent, "syn_sent", "SYN_SENT"),
            Ipv6(Reading.ConnectionsIpv6SynRecv, Reading.ConnectionsSynRecv, "syn_recv", "SYN_RECV"),
            Ipv6(Reading.ConnectionsIpv6FinWait1, Reading.ConnectionsFinWait1, "fin_wait1", "FIN_WAIT1"),
            Ipv6(Reading.ConnectionsIpv6FinWait2, Reading.ConnectionsFinWait2, "fin_wait2", "FIN_WAIT2"),
            Ipv6(Reading.ConnectionsIpv6TimeWait, Reading.ConnectionsTimeWait, "time_wait", "TIME_WAIT"),
            Ipv6(Reading.ConnectionsIpv6Close, Reading.ConnectionsClose, "close", "CLOSE"),
            Ipv6(Reading.ConnectionsIpv6CloseWait, Reading.ConnectionsCloseWait, "close_wait", "CLOSE_WAIT"),
            Ipv6(Reading.ConnectionsIpv6LastAck, Reading.ConnectionsLastAck, "last_ack", "LAST_ACK"),
            Ipv6(Reading.ConnectionsIpv6Closing, Reading.ConnectionsClosing, "closing", "CLOSING"),
            Gauge(Reading.ConnectionsRetransmitting, "retransmitting", "1",
                "TCP sockets that have sent their oldest data again after a timeout, without an acknowledgement since.", "inet_diag idiag_retrans"),
            Gauge(Reading.ConnectionsRttMinUs, "rtt_min_us", "microseconds", "Lowest smoothed round-trip time of an established connection, in microseconds; absent without one.", Details),
            Gauge(Reading.ConnectionsRttMedianUs, "rtt_median_us", "microseconds", "Median of the smoothed round-trip times of established connections, in microseconds, at most 0.8 % off.", Details),
            Gauge(Reading.ConnectionsRttP95Us, "rtt_p95_us", "microseconds", "95th percentile of the smoothed round-trip times of established connections, in microseconds, at most 0.8 % off.", Details),
            Gauge(Reading.ConnectionsReceiveQueueBytes, "receive_queue_bytes", "bytes", "Bytes received over TCP that no program has read yet.", "inet_diag idiag_rqueue"),
            Gauge(Reading.ConnectionsSendQueueBytes, "send_queue_bytes", "bytes", "Bytes written to TCP sockets that the peer has not acknowledged yet.", "inet_diag idiag_wqueue"),
            Udp(Reading.ConnectionsUdpSockets, Reading.ConnectionsUdpIpv6Sockets, "Listen", "udp_sockets", "1", "UDP sockets.", Dump),
            Udp(Reading.ConnectionsUdpReceiveQueueBytes, Reading.ConnectionsUdpIpv6ReceiveQueueBytes, "RxQueued", "udp_receive_queue_bytes", "bytes", "Memory of datagrams that wait in UDP sockets, in bytes.", "inet_diag idiag_rqueue"),
            Udp(Reading.ConnectionsUdpSendQueueBytes, Reading.ConnectionsUdpIpv6SendQueueBytes, "TxQueued", "udp_send_queue_bytes", "bytes", "Memory of datagrams that UDP sockets have not sent yet, in bytes.", "inet_diag idiag_wqueue"),
            Udp(Reading.ConnectionsUdpDrops, Reading.ConnectionsUdpIpv6Drops, "Dropped", "udp_drops", "1", "Datagrams dropped by the UDP sockets that exist now; it falls when a socket is closed.", "inet_diag SK_MEMINFO_DROPS"),
            UdpIpv6(Reading.ConnectionsUdpIpv6Sockets, Reading.ConnectionsUdpSockets, "Listen", "sockets", "listen", "1", "UDP sockets of IPv6.", Dump),
            UdpIpv6(Reading.ConnectionsUdpIpv6ReceiveQueueBytes, Reading.ConnectionsUdpReceiveQueueBytes, "RxQueued", "receive_queue_bytes", "rxqueued", "bytes", "Part of udp_receive_queue_bytes in IPv6 sockets.", "inet_diag idiag_rqueue"),
            UdpIpv6(Reading.ConnectionsUdpIpv6SendQueueBytes, Reading.ConnectionsUdpSendQueueBytes, "TxQueued", "send_queue_bytes", "txqueued", "bytes", "Part of udp_send_queue_bytes in IPv6 sockets.", "inet_diag idiag_wqueue"),
            UdpIpv6(Reading.ConnectionsUdpIpv6Drops, Reading.ConnectionsUdpDrops, "Dropped", "drops", "dropped", "1", "Part of udp_drops of IPv6 sockets.", "inet_diag SK_MEMINFO_DROPS"),
            Gauge(Reading.ConnectionsListenAgeNs, "listen_age_ns", "nanoseconds", "Age of the figures of listening sockets when the container was sampled, in nanoseconds.", "computed", isAge: true),
            Total(Reading.ConnectionsListen, Reading.ConnectionsIpv6Listen, "listen", "LISTEN"),
            Ipv6(Reading.ConnectionsIpv6Listen, Reading.ConnectionsListen, "listen", "LISTEN"),
            Gauge(Reading.ConnectionsAcceptQueue, "accept_queue", "1", "Connections that wait for accept(2), of all listening sockets.", "inet_diag idiag_rqueue"),
            Gauge(Reading.ConnectionsAcceptQueueLimit, "accept_queue_limit", "1", "Sum of the limits of these queues: the backlog of listen(2), at most net.core.somaxconn.", "inet_diag idiag_wqueue"),
            Gauge(Reading.ConnectionsAcceptQueuePercentMax, "accept_queue_percent_max", "percent",
                "Highest fill of an accept queue in percent of its limit. A queue takes one connection more than its limit.", "computed"),
            Gauge(Reading.ConnectionsListenersNearlyFull, "listeners_nearly_full", "1", "Listening sockets whose accept queue is filled to more than 80 % of its limit.", "computed"),
        ]);

    private static Field Gauge(Reading reading, string name, string unit, string help, FieldSource source, bool isAge = false) =>
        new(reading, name, FieldType.Integer, FieldKind.Gauge, unit, help, source) { IsAge = isAge };

    private static Field Total(Reading reading, Reading ipv6, string name, string state) =>
        new(reading, name, FieldType.Integer, FieldKind.Gauge, "1", $"TCP sockets in the state {state}, of IPv4 and IPv6.", Dump)
        {
            Cadvisor = ["tcp." + CadvisorKey(name)],
            CadvisorLess = ipv6,
        };

    // The names of TcpStat (info/v1/container.go): FinWait1.
    private static string CadvisorKey(string name) => string.Concat(name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    // cAdvisor counts the lines of net/tcp and net/tcp6 (container/libcontainer/handler.go).
    private static Field Ipv6(Reading reading, Reading total, string name, string state)
    {
        string label = $"tcp_state=\"{name.Replace("_", "", StringComparison.Ordinal)}\"";
        return new(reading, "ipv6_" + name, FieldType.Integer, FieldKind.Gauge, "1", $"IPv6 TCP sockets in the state {state}.", Dump)
        {
            Prometheus = Families("container_network_tcp", label, total, "TCP sockets by state"),
            Cadvisor = ["tcp6." + CadvisorKey(name)],
        };
    }

    private static Field Udp(Reading reading, Reading ipv6, string key, string name, string unit, string help, FieldSource source) =>
        new(reading, name, FieldType.Integer, FieldKind.Gauge, unit, help, source)
        {
            Cadvisor = ["udp." + key],
            CadvisorLess = ipv6,
        };

    private static Field UdpIpv6(Reading reading, Reading total, string key, string name, string state, string unit, string help, FieldSource source) =>
        new(reading, "udp_ipv6_" + name, FieldType.Integer, FieldKind.Gauge, unit, help, source)
        {
            Prometheus = Families("container_network_udp", $"udp_state=\"{state}\"", total, "UDP sockets, their dropped datagrams and their queues"),
            Cadvisor = ["udp6." + key],
        };

    private static ImmutableArray<PrometheusSeries> Families(string prefix, string label, Reading total, string help) =>
    [
        new(prefix + "_usage_total") { Label = label, Help = help + ", of IPv4.", SubtractedFrom = total },
        new(prefix + "6_usage_total") { Label = label, Help = help + ", of IPv6." },
    ];
}
