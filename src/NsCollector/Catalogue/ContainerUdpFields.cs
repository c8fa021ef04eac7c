using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerUdpFields
{
    internal static Measurement Measurement { get; } = new("container_udp", SamplePart.Protocols, null,
        "network.protocols = on (the default)",
        "UDP over IPv4 and IPv6 in the network namespace of the container, without UDP-Lite.",
        [
            new(Reading.UdpInDatagrams, "in_datagrams", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams delivered.",
                Snmp("InDatagrams"), Snmp("InDatagrams")),
            new(Reading.UdpOutDatagrams, "out_datagrams", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams sent.",
                Snmp("OutDatagrams"), Snmp("OutDatagrams")),
            new(Reading.UdpNoPorts, "no_ports", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams received for a port without a listener.",
                Snmp("NoPorts"), Snmp("NoPorts")),
            new(Reading.UdpInErrors, "in_errors", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams received but not delivered for another reason.",
                Snmp("InErrors"), Snmp("InErrors")),
            new(Reading.UdpRcvbufErrors, "rcvbuf_errors", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams dropped because a receive buffer was full.",
                Snmp("RcvbufErrors"), Snmp("RcvbufErrors")),
            new(Reading.UdpSndbufErrors, "sndbuf_errors", FieldType.Integer, FieldKind.Counter, "1",
                "Datagrams dropped because a send buffer was full.",
                Snmp("SndbufErrors"), Snmp("SndbufErrors")),
            new(Reading.UdpInUse, "in_use", FieldType.Integer, FieldKind.Gauge, "1",
                "UDP sockets in use.",
                InUse, InUse),
        ]);

    private static FieldSource InUse => Key("net/sockstat", "UDP inuse").Plus(Key("net/sockstat6", "UDP6 inuse"));

    // Which of the two a datagram of a dual-stack socket counts in is decided by the datagram (udp6_stats and udp_stats, net/ipv6/udp.c).
    private static FieldSource Snmp(string key) => Key("net/snmp", $"Udp {key}").Plus(Key("net/snmp6", $"Udp6{key}"));
}
