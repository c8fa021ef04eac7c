namespace NsCollector.Catalogue;

internal static class ContainerNetworkFields
{
    internal static Measurement Measurement { get; } = new("container_network", SamplePart.Interfaces, "interface",
        "network.mode; lo only with network.loopback = on",
        "Interface counters, read inside the network namespace of the container. If several containers share a namespace, it is reported once, for the container whose init process started first, until that exits; then for the oldest one left. The network namespace of the host is not reported.",
        [
            new(Reading.NetworkRxBytes, "rx_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes received.",
                "net/dev of the network namespace", "net/dev of the network namespace")
            {
                Telegraf = [new("docker_container_net", "rx_bytes"), new("net", "bytes_recv")],
                Otlp = new("container.network.io", "By") { Attributes = [new("network.io.direction", "receive")] },
                Prometheus = [new("container_network_receive_bytes_total")],
                Cadvisor = ["rx_bytes"],
            },
            new(Reading.NetworkRxPackets, "rx_packets", FieldType.Integer, FieldKind.Counter, "1",
                "Packets received.",
                "net/dev of the network namespace", "net/dev of the network namespace")
            {
                Telegraf = [new("docker_container_net", "rx_packets"), new("net", "packets_recv")],
                Prometheus = [new("container_network_receive_packets_total")],
                Cadvisor = ["rx_packets"],
            },
            new(Reading.NetworkRxErrors, "rx_errors", FieldType.Integer, FieldKind.Counter, "1",
                "Packets not received because of an error.",
                "net/dev of the network namespace", "net/dev of the network namespace")
            {
                Telegraf = [new("docker_container_net", "rx_errors"), new("net", "err_in")],
                Prometheus = [new("container_network_receive_errors_total")],
                Cadvisor = ["rx_errors"],
            },
            new(Reading.NetworkRxDropped, "rx_dropped", FieldType.Integer, FieldKind.Counter, "1",
                "Received packets that were dropped.",
                "net/dev of the network namespace", "net/dev of the network namespace")
            {
                Telegraf = [new("docker_container_net", "rx_dropped"), new("net", "drop_in")],
                Prometheus = [new("container_network_receive_packets_dropped_total")],
                Cadvisor = ["rx_dropped"],
            },
            new(Reading.NetworkTxBytes, "tx_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes sent.",
                "net/dev of the network namespace", "net/dev of the network namespace")
            {
                Telegraf = [new("docker_container_net", "tx_bytes"), new("net", "bytes_sent")],
                Otlp = new("container.network.io", "By") { Attributes = [new("network.io.direction", "transmit")] },
                Prometheus = [new("container_network_transmit_bytes_total")],
                Cadvisor = ["tx_bytes"],
            },
            new(Reading.NetworkTxPackets, "tx_packets", FieldType.Integer, FieldKind.Counter, "1",
                "Packets sent.",
                "net/dev of the network namespace", "net/dev of the network namespace")
            {
                Telegraf = [new("docker_container_net", "tx_packets"), new("net", "packets_sent")],
                Prometheus = [new("container_network_transmit_packets_total")],
                Cadvisor = ["tx_packets"],
            },
            new(Reading.NetworkTxErrors, "tx_errors", FieldType.Integer, FieldKind.Counter, "1",
                "Packets not sent because of an error.",
                "net/dev of the network namespace", "net/dev of the network namespace")
            {
                Telegraf = [new("docker_container_net", "tx_errors"), new("net", "err_out")],
                Prometheus = [new("container_network_transmit_errors_total")],
                Cadvisor = ["tx_errors"],
            },
            new(Reading.NetworkTxDropped, "tx_dropped", FieldType.Integer, FieldKind.Counter, "1",
                "Packets dropped instead of being sent.",
                "net/dev of the network namespace", "net/dev of the network namespace")
            {
                Telegraf = [new("docker_container_net", "tx_dropped"), new("net", "drop_out")],
                Prometheus = [new("container_network_transmit_packets_dropped_total")],
                Cadvisor = ["tx_dropped"],
            },
            new(Reading.NetworkMulticast, "multicast", FieldType.Integer, FieldKind.Counter, "1",
                "Multicast packets received.",
                "net/dev of the network namespace", "net/dev of the network namespace"),
            new(Reading.NetworkCollisions, "collisions", FieldType.Integer, FieldKind.Counter, "1",
                "Collisions detected on the interface.",
                "net/dev of the network namespace", "net/dev of the network namespace"),
            new("host_interface", FieldType.String, FieldKind.Property, "-",
                "The host's end of a veth pair, as `ip link` shows it on the host. Absent if the interface has none, if it leads to another container, or if the kernel does not prove that the two belong together.",
                "RTM_GETLINK: IFLA_LINK and IFLA_LINK_NETNSID of both ends", "RTM_GETLINK: IFLA_LINK and IFLA_LINK_NETNSID of both ends")
            {
                Prometheus = [new("container_network_host_interface_info") { TextLabel = "host_interface", Help = "The host's end of the interface; always 1." }],
            },
        ]);
}
