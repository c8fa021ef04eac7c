namespace NsCollector.Catalogue;

internal static class ContainerStartFields
{
    internal static Measurement Measurement { get; } = new("container_start", SamplePart.Start, null,
        "once for each container that was created while the agent ran: when all figures are known, at the exit, or after agent.start_wait; the timestamp of the point is the creation time of the cgroup",
        "How long a container took to start, from the creation of its cgroup. A container that already ran when the agent started has no such point. A restart in a new cgroup (Docker, podman, Kubernetes) has a point of its own.",
        [
            new("container_id", FieldType.String, FieldKind.Property, "-",
                "Full id of the container, as its runtime reports it.",
                "cgroup path", "cgroup path"),
            new(Reading.StartFirstProcessNs, "first_process_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time until the init process started, in nanoseconds. The kernel rounds the start down to 10 ms, so it may be 0. Absent if the process is older than the cgroup.",
                "inotify, /proc/PID/stat", "inotify, /proc/PID/stat"),
            new(Reading.StartFirstConnectionNs, "first_connection_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time until a sample first found a TCP connection, in nanoseconds: accepted, opened or attempted (passive_opens or active_opens of container_tcp), also over the loopback interface. The connection was made at this time or earlier, but after first_connection_min_ns. Absent if there was no connection, or if the container has no network namespace of its own.",
                "net/snmp", "net/snmp"),
            new(Reading.StartFirstConnectionMinNs, "first_connection_min_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time until the sample before that, which found no connection, in nanoseconds; 0 if there was no such sample.",
                "net/snmp", "net/snmp"),
            new(Reading.StartHealthyNs, "healthy_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time until its first successful health check ended, in nanoseconds, by the runtime's clock. Absent without a check, and if the runtime does not report the time.",
                "Engine API, config.v2.json", "Engine API, config.v2.json"),
        ]);
}
