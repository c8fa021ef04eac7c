using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerConntrackFields
{
    private const string Statistics = "net/stat/nf_conntrack, else ctnetlink IPCTNL_MSG_CT_GET_STATS_CPU; the sum over all processors";

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
            Counter(Reading.ConntrackInsertFailed, "insert_failed",
                "Connections that could not be added to the table when their first packet left: another one had the same addresses and ports. The packet was dropped."),
            Counter(Reading.ConntrackDrop, "drop",
                "Packets dropped because their connection could not be tracked, above all because the table was full."),
            Counter(Reading.ConntrackEarlyDrop, "early_drop",
                "Connections removed from the full table to make room for new ones."),
        ]);

    // The kernel counts with 32 bits on each processor.
    private static Field Counter(Reading reading, string name, string help) =>
        new(reading, name, FieldType.Integer, FieldKind.Counter, "1", help + " Absent if neither net/stat/nf_conntrack nor ctnetlink can be read.", Statistics, Statistics);
}
