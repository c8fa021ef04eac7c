using System.Collections.Immutable;

namespace NsCollector.Catalogue;

internal static class NetfilterFields
{
    private const string What =
        "One point for each name in each chain: the comment of rules of nftables (also of iptables-nft) that have a counter and of legacy iptables and ip6tables, "
        + "the name of a named counter of nftables, and of an nfacct object. Tags: `name`; `family` (`ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`), `table` and `chain` as far as there are any; "
        + "`source` (`nftables`, `nfacct`, `iptables`, `ip6tables`). Rules without a comment have no point. Rules with the same comment in the same chain are added up, so that a counter falls if one of them is removed. "
        + "Needs CAP_NET_ADMIN (docs/operations.md). No kernel module is loaded and no program is run for it.";

    internal static Measurement Container { get; } = new("container_netfilter", SamplePart.Netfilter, "name",
        "network.netfilter = on, every network.netfilter_interval; needs a visit and CAP_NET_ADMIN",
        "Counters of netfilter in the network namespace of the container. If several containers share a namespace, it is reported once, for the same one as container_network. "
        + "Containers in the host's namespace have none: its counters are in the measurement netfilter. " + What,
        Fields("container_netfilter", _ => null))
    {
        MoreRowTags = Tags,
    };

    internal static Measurement Host { get; } = new("netfilter", SamplePart.HostNetfilter, "name",
        "network.netfilter = host or on, every network.netfilter_interval; needs CAP_NET_ADMIN, and the agent in the host's network namespace",
        "Counters of netfilter in the host's network namespace. " + What,
        Fields("netfilter", name => new("host.netfilter." + name, name == "bytes" ? "By" : "")))
    {
        MoreRowTags = Tags,
    };

    private static ImmutableArray<string> Tags => ["family", "table", "chain", "source"];

    // The label `name` of a container's series is the container's.
    private static ImmutableArray<Field> Fields(string measurement, Func<string, OtlpMetric?> otlp) =>
    [
        new(Reading.NetfilterPackets, "packets", FieldType.Integer, FieldKind.Counter, "1", "Packets that the rules or the object have counted.",
            "NFTA_COUNTER_PACKETS, NFACCT_PKTS, struct xt_counters") { Prometheus = Series(measurement, "packets_total"), Otlp = otlp("packets") },
        new(Reading.NetfilterBytes, "bytes", FieldType.Integer, FieldKind.Counter, "bytes", "Bytes that the rules or the object have counted, with the headers from IP on.",
            "NFTA_COUNTER_BYTES, NFACCT_BYTES, struct xt_counters") { Prometheus = Series(measurement, "bytes_total"), Otlp = otlp("bytes") },
        new(Reading.NetfilterRules, "rules", FieldType.Integer, FieldKind.Gauge, "1", "Rules with this comment in the chain; for a named counter or an nfacct object, how many rules (or elements of sets) refer to it.",
            "computed, NFTA_OBJ_USE, NFACCT_USE") { Prometheus = Series(measurement, "rules"), Otlp = otlp("rules") },
    ];

    private static ImmutableArray<PrometheusSeries> Series(string measurement, string name) =>
        [new($"{measurement}_{name}") { RowLabels = ["rule", .. Tags] }];
}
