using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerOomFields
{
    private const string Log = "/dev/kmsg";

    internal static Field VictimName { get; } = new("victim_name", FieldType.String, FieldKind.Property, "-",
        "Name (comm) of the process that was killed. This field and the other victim_ fields are absent if the agent cannot read the kernel's log (cgroup.oom_victims), or if the kernel did not describe the kill: it describes at most ten in five seconds.",
        Log, Log);

    internal static Field Constraint { get; } = new("constraint", FieldType.String, FieldKind.Property, "-",
        "Which limit was reached: container (its limit, or that of a cgroup inside), ancestor (the limit of a cgroup above it), host (the memory of the host), cpuset or memory_policy (the memory of the permitted nodes). Absent like victim_name.",
        Log, Log);

    internal static Field ConstraintCgroup { get; } = new("constraint_cgroup", FieldType.String, FieldKind.Property, "-",
        "Path of the cgroup that reached its limit, if it is not the container's own.",
        Log, Log);

    internal static Measurement Measurement { get; } = new("container_oom", SamplePart.Oom, null,
        "when the kernel killed processes of a container because a memory limit was reached or the host ran out of memory; the timestamp of the point is the time at which the agent detected it",
        "An OOM kill, with the memory of the container at that moment: one point for each victim that is known, and one for the other kills.",
        [
            new("container_id", FieldType.String, FieldKind.Property, "-",
                "Full id of the container, as its runtime reports it.",
                "cgroup path", "cgroup path"),
            new(Reading.OomKills, "kills", FieldType.Integer, FieldKind.Gauge, "1",
                "Processes killed since the previous container_oom point of this container. With victim_name, how often the kernel counted this process: 1, or more with memory.oom.group.",
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
            new(Reading.OomHostMemoryTotalBytes, "host_memory_total_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Total memory of the host, without the memory that the kernel reserves for itself, in bytes.",
                copyOf: Reading.HostMemoryTotalBytes),
            new(Reading.OomHostMemoryFreeBytes, "host_memory_free_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Free memory of the host when the agent detected the kill, in bytes.",
                copyOf: Reading.HostMemoryFreeBytes),
            new(Reading.OomHostMemoryAvailableBytes, "host_memory_available_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory of the host that was available to new processes without swapping when the agent detected the kill, in bytes.",
                copyOf: Reading.HostMemoryAvailableBytes),
            new(Reading.OomVictimPid, "victim_pid", FieldType.Integer, FieldKind.Property, "-",
                "Pid of the process that was killed, in the host's pid namespace.",
                Log, Log),
            new(Reading.OomVictimRssBytes, "victim_rss_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Resident memory of the process when it was killed: anonymous, file and shared pages, in bytes.",
                Log, Log),
            new(Reading.OomVictimScoreAdj, "victim_oom_score_adj", FieldType.Integer, FieldKind.Property, "-",
                "oom_score_adj of the process, from -1000 (never killed) to 1000. Kubernetes sets it by the pod's quality of service.",
                Log, Log),
            VictimName,
            Constraint,
            ConstraintCgroup,
        ]);
}
