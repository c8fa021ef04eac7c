namespace NsCollector.Catalogue;

internal static class ContainerFlowFields
{
    internal static Measurement Measurement { get; } = new("container_flow", SamplePart.Flows, "remote",
        "network.flows = on, every network.flows_interval; needs a visit, the kernel's inet_diag, CAP_NET_BROADCAST and CAP_NET_ADMIN",
        "What the TCP connections of the container's network namespace have transferred, summed up by direction, remote and port: those that were closed in the interval, as a whole. With `network.connections = on`, also what living connections have transferred between two full dumps, and at their end what is left. `remote` is the address of the other end, or the network of network.flows_prefix_ipv4 or network.flows_prefix_ipv6 that it is in. `direction` is `out` or `in` if the kernel's counts prove which end has opened the connection, `in` also if the container has or had a listening socket with the local port, else `unknown`. `port` is the local port if `in`, the remote port if `out`; else there is none. The remotes with most bytes have a point each (network.flows_top); the rest is summed up for each direction as the remote `other`. If several containers share a namespace, it is reported once, for the same one as container_network. Connections of the host's namespace are not reported, nor, unless network.loopback = on, those that stay in the container.",
        [
            Gauge(Reading.FlowIntervalNs, "interval_ns", "nanoseconds", "Length of the interval, in nanoseconds. All other fields are sums over it, not counters.", "computed"),
            Gauge(Reading.FlowConnectionsClosed, "connections_closed", "1", "Connections that were closed, also attempts that failed later than connect(2).", "SKNLGRP_INET_TCP_DESTROY"),
            Gauge(Reading.FlowBytesSent, "bytes_sent", "bytes", "Bytes that the container sent and the other end acknowledged. SYN and FIN count as one byte each.", "tcp_info tcpi_bytes_acked"),
            Gauge(Reading.FlowBytesReceived, "bytes_received", "bytes", "Bytes that the container received. FIN counts as one byte.", "tcp_info tcpi_bytes_received"),
            Gauge(Reading.FlowSegsOut, "segs_out", "1", "Segments sent.", "tcp_info tcpi_segs_out"),
            Gauge(Reading.FlowSegsIn, "segs_in", "1", "Segments received.", "tcp_info tcpi_segs_in"),
            Gauge(Reading.FlowRetransSegs, "retrans_segs", "1", "Segments sent again.", "tcp_info tcpi_total_retrans"),
            Gauge(Reading.FlowRttMeanUs, "rtt_mean_us", "microseconds", "Mean of the smoothed round-trip times that the connections had last, in microseconds; absent if none was measured.", "tcp_info tcpi_rtt"),
            Gauge(Reading.FlowRttMaxUs, "rtt_max_us", "microseconds", "Highest of the smoothed round-trip times that the connections had last, in microseconds; absent if none was measured.", "tcp_info tcpi_rtt"),
            Gauge(Reading.FlowConnectionsLost, "connections_lost", "1", "Closed connections of the whole host that are missing in this interval's points of some containers, because the agent did not read them in time (network.flows_buffer).", "SK_MEMINFO_DROPS"),
        ])
    {
        MoreRowTags = ["direction", "port"],
    };

    private static Field Gauge(Reading reading, string name, string unit, string help, FieldSource source) =>
        new(reading, name, FieldType.Integer, FieldKind.Gauge, unit, help, source);
}
