using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerOomFields
{
    internal static Measurement Measurement { get; } = new("container_oom", SamplePart.Oom, null,
        "when the kernel killed processes of a container because a memory limit was reached; the timestamp of the point is the time at which the agent detected it",
        "An OOM kill, with the memory of the container at that moment.",
        [
            new("container_id", FieldType.String, FieldKind.Property, "-",
                "Full id of the container, as its runtime reports it.",
                "cgroup path", "cgroup path"),
            new(Reading.OomKills, "kills", FieldType.Integer, FieldKind.Gauge, "1",
                "Processes killed since the previous container_oom point of this container.",
                "memory.oom_control oom_kill", "memory.events oom_kill"),
            new(Reading.OomKillsTotal, "oom_kills", FieldType.Integer, FieldKind.Counter, "1",
                "Processes of this cgroup killed by the OOM killer.",
                copyOf: Reading.MemoryOomKills),
            new(Reading.OomUsageBytes, "usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory charged to the container after the kill, page cache included, in bytes.",
                copyOf: Reading.MemoryUsageBytes),
            new(Reading.OomLimitBytes, "limit_bytes", FieldType.Integer, FieldKind.Property, "bytes",
                "Hard memory limit, in bytes; absent if unlimited.",
                copyOf: Reading.MemoryLimitBytes),
            new(Reading.OomEffectiveLimitBytes, "effective_limit_bytes", FieldType.Integer, FieldKind.Property, "bytes",
                "effective_limit_bytes of the last container_memory point: the limit that was reached may be that of a cgroup above, or the memory of the host.",
                "memory.stat hierarchical_memory_limit", "memory.max of the cgroup and its ancestors"),
            new(Reading.OomMaxUsageBytes, "max_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Highest usage_bytes so far, in bytes.",
                copyOf: Reading.MemoryMaxUsageBytes),
            new(Reading.OomFailcnt, "failcnt", FieldType.Integer, FieldKind.Counter, "1",
                "Times that memory usage reached the limit.",
                copyOf: Reading.MemoryFailcnt),
            new(Reading.OomEvents, "oom_events", FieldType.Integer, FieldKind.Counter, "1",
                "Times that the OOM killer was about to be invoked.",
                "-", Key("memory.events", "oom")),
        ]);
}
