using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerOomFields
{
    internal static Measurement Measurement { get; } = new("container_oom", SamplePart.Oom, null,
        "whenever the kernel killed processes of a container for lack of memory; the time of the point is when that was seen",
        "A container without memory: what it had right then.",
        [
            new("container_id", FieldType.String, FieldKind.Property, "-",
                "The whole id, as the runtime knows it.",
                "cgroup path", "cgroup path"),
            new(Reading.OomKills, "kills", FieldType.Integer, FieldKind.Gauge, "1",
                "Processes killed since the last such point of this container.",
                "memory.oom_control oom_kill", "memory.events oom_kill"),
            new(Reading.OomKillsTotal, "oom_kills", FieldType.Integer, FieldKind.Counter, "1",
                "Processes of this cgroup killed by the OOM killer.",
                copyOf: Reading.MemoryOomKills),
            new(Reading.OomUsageBytes, "usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory charged, the page cache included; read after the kill.",
                copyOf: Reading.MemoryUsageBytes),
            new(Reading.OomLimitBytes, "limit_bytes", FieldType.Integer, FieldKind.Property, "bytes",
                "The hard limit; absent when unlimited.",
                copyOf: Reading.MemoryLimitBytes),
            new(Reading.OomMaxUsageBytes, "max_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "The highest usage_bytes ever.",
                copyOf: Reading.MemoryMaxUsageBytes),
            new(Reading.OomFailcnt, "failcnt", FieldType.Integer, FieldKind.Counter, "1",
                "How often usage met the limit.",
                copyOf: Reading.MemoryFailcnt),
            new(Reading.OomEvents, "oom_events", FieldType.Integer, FieldKind.Counter, "1",
                "How often the OOM killer was about to be called.",
                "-", Key("memory.events", "oom")),
        ]);
}
