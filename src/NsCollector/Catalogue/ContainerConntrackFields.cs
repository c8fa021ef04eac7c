using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerConntrackFields
{
    internal static Measurement Measurement { get; } = new("container_conntrack", SamplePart.Protocols, null,
        "network.conntrack = on",
        "Connection tracking in the network namespace of the container.",
        [
            new(Reading.ConntrackCount, "count", FieldType.Integer, FieldKind.Gauge, "1",
                "Connections tracked now.",
                Number("/proc/sys/net/netfilter/nf_conntrack_count"), Number("/proc/sys/net/netfilter/nf_conntrack_count")),
            new(Reading.ConntrackMax, "max", FieldType.Integer, FieldKind.Property, "1",
                "Maximum number of connections that can be tracked.",
                Number("/proc/sys/net/netfilter/nf_conntrack_max"), Number("/proc/sys/net/netfilter/nf_conntrack_max")),
        ]);
}
