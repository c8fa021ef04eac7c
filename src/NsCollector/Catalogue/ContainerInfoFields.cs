namespace NsCollector.Catalogue;

internal static class ContainerInfoFields
{
    internal static Measurement Measurement { get; } = new("container_info", SamplePart.Info, null,
        "always",
        "Who the container is and since when it lives.",
        [
            new("container_id", FieldType.String, FieldKind.Property, "-",
                "The whole id, as the runtime knows it.",
                "cgroup path", "cgroup path"),
            new(Reading.InfoPid, "pid", FieldType.Integer, FieldKind.Property, "-",
                "The process id of the init process, in the pid namespace of the agent.",
                "cgroup.procs", "cgroup.procs"),
            new(Reading.InfoStartedAtNs, "started_at_ns", FieldType.Integer, FieldKind.Property, "nanoseconds since the epoch",
                "When the init process started; it changes when a container starts anew, and tells why counters fell.",
                "/proc/PID/stat", "/proc/PID/stat"),
            new(Reading.InfoUptimeNs, "uptime_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "For how long the init process has run.",
                "/proc/PID/stat", "/proc/PID/stat"),
            new("state", FieldType.String, FieldKind.Property, "-",
                "running, paused (its cgroup is frozen) or empty (its cgroup has no process).",
                "freezer.state, cgroup.procs", "cgroup.events"),
        ]);
}
