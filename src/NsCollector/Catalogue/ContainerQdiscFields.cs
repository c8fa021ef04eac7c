namespace NsCollector.Catalogue;

internal static class ContainerQdiscFields
{
    private const string Basic = "RTM_GETQDISC, TCA_STATS_BASIC";
    private const string Queue = "RTM_GETQDISC, TCA_STATS_QUEUE";

    internal static Measurement Measurement { get; } = new("container_qdisc", SamplePart.Qdiscs, "interface",
        "network.qdisc = on, every network.qdisc_interval; needs a visit",
        "The queueing disciplines (tc) of each interface of the container, except for noqueue, which counts nothing. `side` is `container` for those inside, where packets leave the container; `host` for those of the host's end of the same veth, where packets enter it. `interface` is the name inside on both sides. `parent` is `root`, `ingress` (also of clsact) or the class that has it, as in tc(8). If several containers share a namespace, they are reported once, for the same one as container_network. The kernel counts drops, overlimits and requeues with 32 bits.",
        [
            Counter(Reading.QdiscBytes, "bytes", "bytes", "Bytes sent, in bytes. For an ingress discipline: received.", Basic),
            Counter(Reading.QdiscPackets, "packets", "1", "Packets sent. For an ingress discipline: received.", Basic),
            Counter(Reading.QdiscDrops, "drops", "1", "Packets dropped, because the queue was full or by a filter.", Queue),
            Counter(Reading.QdiscOverlimits, "overlimits", "1", "Times that a packet had to wait because of a rate limit. What it counts depends on the kind.", Queue),
            Counter(Reading.QdiscRequeues, "requeues", "1", "Packets put back into the queue, because the driver could not take them.", Queue),
            Gauge(Reading.QdiscBacklogBytes, "backlog_bytes", "bytes", "Bytes that wait in the queue."),
            Gauge(Reading.QdiscQueueLength, "queue_length", "1", "Packets that wait in the queue."),
        ])
    {
        MoreRowTags = ["side", "kind", "parent"],
    };

    private static Field Counter(Reading reading, string name, string unit, string help, FieldSource source) =>
        new(reading, name, FieldType.Integer, FieldKind.Counter, unit, help, source);

    private static Field Gauge(Reading reading, string name, string unit, string help) =>
        new(reading, name, FieldType.Integer, FieldKind.Gauge, unit, help, Queue);
}
