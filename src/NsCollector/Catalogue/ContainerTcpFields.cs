using System.Collections.Immutable;
using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerTcpFields
{
    /// <summary>cAdvisor's family of figures of TCP.</summary>
    internal const string AdvancedFamily = "container_network_advance_tcp_stats_total";

    internal static Measurement Measurement { get; } = new("container_tcp", SamplePart.Protocols, null,
        "network.protocols = on (the default)",
        "TCP over IPv4 and IPv6 in the network namespace of the container.",
        [
            new(Reading.TcpActiveOpens, "active_opens", FieldType.Integer, FieldKind.Counter, "1",
                "Connections opened by the container.",
                Key("net/snmp", "Tcp ActiveOpens"), Key("net/snmp", "Tcp ActiveOpens"))
            {
                Prometheus = Advanced("activeopens"),
                Cadvisor = ["tcp_advanced.ActiveOpens"],
            },
            new(Reading.TcpPassiveOpens, "passive_opens", FieldType.Integer, FieldKind.Counter, "1",
                "Connections accepted by the container.",
                Key("net/snmp", "Tcp PassiveOpens"), Key("net/snmp", "Tcp PassiveOpens"))
            {
                Prometheus = Advanced("passiveopens"),
                Cadvisor = ["tcp_advanced.PassiveOpens"],
            },
            new(Reading.TcpAttemptFails, "attempt_fails", FieldType.Integer, FieldKind.Counter, "1",
                "Connections that failed to open.",
                Key("net/snmp", "Tcp AttemptFails"), Key("net/snmp", "Tcp AttemptFails"))
            {
                Prometheus = Advanced("attemptfails"),
                Cadvisor = ["tcp_advanced.AttemptFails"],
            },
            new(Reading.TcpEstabResets, "estab_resets", FieldType.Integer, FieldKind.Counter, "1",
                "Established connections that were reset.",
                Key("net/snmp", "Tcp EstabResets"), Key("net/snmp", "Tcp EstabResets"))
            {
                Prometheus = Advanced("estabresets"),
                Cadvisor = ["tcp_advanced.EstabResets"],
            },
            new(Reading.TcpInSegs, "in_segs", FieldType.Integer, FieldKind.Counter, "1",
                "Segments received.",
                Key("net/snmp", "Tcp InSegs"), Key("net/snmp", "Tcp InSegs"))
            {
                Prometheus = Advanced("insegs"),
                Cadvisor = ["tcp_advanced.InSegs"],
            },
            new(Reading.TcpOutSegs, "out_segs", FieldType.Integer, FieldKind.Counter, "1",
                "Segments sent, without retransmissions.",
                Key("net/snmp", "Tcp OutSegs"), Key("net/snmp", "Tcp OutSegs"))
            {
                Prometheus = Advanced("outsegs"),
                Cadvisor = ["tcp_advanced.OutSegs"],
            },
            new(Reading.TcpRetransSegs, "retrans_segs", FieldType.Integer, FieldKind.Counter, "1",
                "Segments retransmitted.",
                Key("net/snmp", "Tcp RetransSegs"), Key("net/snmp", "Tcp RetransSegs"))
            {
                Prometheus = Advanced("retranssegs"),
                Cadvisor = ["tcp_advanced.RetransSegs"],
            },
            new(Reading.TcpInErrs, "in_errs", FieldType.Integer, FieldKind.Counter, "1",
                "Segments received with an error.",
                Key("net/snmp", "Tcp InErrs"), Key("net/snmp", "Tcp InErrs"))
            {
                Prometheus = Advanced("inerrs"),
                Cadvisor = ["tcp_advanced.InErrs"],
            },
            new(Reading.TcpOutRsts, "out_rsts", FieldType.Integer, FieldKind.Counter, "1",
                "Segments sent with the RST flag.",
                Key("net/snmp", "Tcp OutRsts"), Key("net/snmp", "Tcp OutRsts"))
            {
                Prometheus = Advanced("outrsts"),
                Cadvisor = ["tcp_advanced.OutRsts"],
            },
            new(Reading.TcpListenOverflows, "listen_overflows", FieldType.Integer, FieldKind.Counter, "1",
                "Connections dropped because a listen queue was full.",
                Key("net/netstat", "TcpExt ListenOverflows"), Key("net/netstat", "TcpExt ListenOverflows"))
            {
                Prometheus = Advanced("listenoverflows"),
                Cadvisor = ["tcp_advanced.ListenOverflows"],
            },
            new(Reading.TcpListenDrops, "listen_drops", FieldType.Integer, FieldKind.Counter, "1",
                "Connections dropped on a listening socket, for any reason.",
                Key("net/netstat", "TcpExt ListenDrops"), Key("net/netstat", "TcpExt ListenDrops"))
            {
                Prometheus = Advanced("listendrops"),
                Cadvisor = ["tcp_advanced.ListenDrops"],
            },
            new(Reading.TcpTimeouts, "timeouts", FieldType.Integer, FieldKind.Counter, "1",
                "Retransmission timeouts.",
                Key("net/netstat", "TcpExt TCPTimeouts"), Key("net/netstat", "TcpExt TCPTimeouts"))
            {
                Prometheus = Advanced("tcptimeouts"),
                Cadvisor = ["tcp_advanced.TCPTimeouts"],
            },
            new(Reading.TcpCurrEstab, "curr_estab", FieldType.Integer, FieldKind.Gauge, "1",
                "Connections established now.",
                Key("net/snmp", "Tcp CurrEstab"), Key("net/snmp", "Tcp CurrEstab"))
            {
                Prometheus = Advanced("currestab"),
                Cadvisor = ["tcp_advanced.CurrEstab"],
            },
            new(Reading.TcpInUse, "in_use", FieldType.Integer, FieldKind.Gauge, "1",
                "TCP sockets in use.",
                InUse, InUse),
            new(Reading.TcpOrphan, "orphan", FieldType.Integer, FieldKind.Gauge, "1",
                "TCP sockets without a process; always absent because the kernel reports only the number of the whole host.",
                "net/sockstat TCP orphan", "net/sockstat TCP orphan"),
            new(Reading.TcpTimeWait, "time_wait", FieldType.Integer, FieldKind.Gauge, "1",
                "Connections in TIME_WAIT now.",
                Key("net/sockstat", "TCP tw"), Key("net/sockstat", "TCP tw")),
        ]);

    // cAdvisor calls all figures of a family that it reads from net/snmp and net/netstat states (container/libcontainer/handler.go).
    private static ImmutableArray<PrometheusSeries> Advanced(string state) =>
        [new(AdvancedFamily) { Label = $"tcp_state=\"{state}\"", IsGauge = true, Help = "Figures of TCP: counters, and for currestab the connections that are established now." }];

    private static FieldSource InUse => Key("net/sockstat", "TCP inuse").Plus(Key("net/sockstat6", "TCP6 inuse"));
}
