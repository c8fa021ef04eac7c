using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerHugetlbFields
{
    internal static Measurement Measurement { get; } = new("container_hugetlb", SamplePart.Hugetlb, "pagesize",
        "cgroup.hugetlb = on (the default)",
        "Huge pages for each page size.",
        [
            new(Reading.HugetlbUsageBytes, "usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Huge pages in use, in bytes.",
                Number("hugetlb.SIZE.usage_in_bytes"), Number("hugetlb.SIZE.current"))
            {
                Prometheus = [new("container_hugetlb_usage_bytes")],
                Cadvisor = ["usage"],
            },
            new(Reading.HugetlbMaxUsageBytes, "max_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Highest usage_bytes so far, in bytes.",
                Number("hugetlb.SIZE.max_usage_in_bytes"), "-")
            {
                Prometheus = [new("container_hugetlb_max_usage_bytes")],
                Cadvisor = ["max_usage"],
            },
            new(Reading.HugetlbLimitBytes, "limit_bytes", FieldType.Integer, FieldKind.Property, "bytes",
                "Limit of huge pages, in bytes; absent if unlimited.",
                Number("hugetlb.SIZE.limit_in_bytes"), Number("hugetlb.SIZE.max")),
            new(Reading.HugetlbFailcnt, "failcnt", FieldType.Integer, FieldKind.Counter, "1",
                "Times that usage of huge pages reached the limit.",
                Number("hugetlb.SIZE.failcnt"), Key("hugetlb.SIZE.events", "max"))
            {
                Prometheus = [new("container_hugetlb_failcnt")],
                Cadvisor = ["failcnt"],
            },
        ]);
}
