using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerUdpFields
{
    internal static Measurement Measurement { get; } = new("container_udp", SamplePart.Protocols, null,
        "network.protocols = on (the default)",
        "UDP in the network namespace of the container.",
        [
            new(Reading.UdpInDatagrams, "in_datagrams", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams delivered.",
                Key("net/snmp", "Udp InDatagrams"), Key("net/snmp", "Udp InDatagrams")),
            new(Reading.UdpOutDatagrams, "out_datagrams", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams sent.",
                Key("net/snmp", "Udp OutDatagrams"), Key("net/snmp", "Udp OutDatagrams")),
            new(Reading.UdpNoPorts, "no_ports", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams received for a port without a listener.",
                Key("net/snmp", "Udp NoPorts"), Key("net/snmp", "Udp NoPorts")),
            new(Reading.UdpInErrors, "in_errors", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams received but not delivered for another reason.",
                Key("net/snmp", "Udp InErrors"), Key("net/snmp", "Udp InErrors")),
            new(Reading.UdpRcvbufErrors, "rcvbuf_errors", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams dropped because a receive buffer was full.",
                Key("net/snmp", "Udp RcvbufErrors"), Key("net/snmp", "Udp RcvbufErrors")),
            new(Reading.UdpSndbufErrors, "sndbuf_errors", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams dropped because a send buffer was full.",
                Key("net/snmp", "Udp SndbufErrors"), Key("net/snmp", "Udp SndbufErrors")),
            new(Reading.UdpInUse, "in_use", FieldType.Integer, FieldKind.Gauge, "1",
                "UDP sockets in use.",
                Key("net/sockstat", "UDP inuse"), Key("net/sockstat", "UDP inuse")),
        ]);
}
