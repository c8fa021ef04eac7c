namespace NsCollector.Catalogue;

internal static class ContainerStartFields
{
    internal static Measurement Measurement { get; } = new("container_start", SamplePart.Start, null,
        "once for each container whose cgroup was created while the agent ran: when all of its figures are known, or it exits, or after agent.start_wait; the timestamp of the point is the time of the creation",
        "How long a container took to start, from the creation of its cgroup. A container that already ran when the agent started has no such point. A restart in a new cgroup (Docker, podman, Kubernetes) has its own.",
        [
            new("container_id", FieldType.String, FieldKind.Property, "-",
                "Full id of the container, as its runtime reports it.",
                "cgroup path", "cgroup path"),
            new(Reading.StartFirstProcessNs, "first_process_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time until the init process started, in nanoseconds; 0 if within the tick (10 ms) to which the kernel rounds its start. Absent if the process is older than the cgroup.",
                "inotify, /proc/PID/stat", "inotify, /proc/PID/stat"),
            new(Reading.StartFirstConnectionNs, "first_connection_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time until a sample first found a TCP connection that was accepted, or was opened or attempted (passive_opens or active_opens of container_tcp), also over the loopback interface: that happened at this time or earlier, but after first_connection_min_ns. Absent without a network namespace of its own, and if there was none.",
                "net/snmp", "net/snmp"),
            new(Reading.StartFirstConnectionMinNs, "first_connection_min_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time until the last sample before that, which found none; 0 if there was no such sample.",
                "net/snmp", "net/snmp"),
            new(Reading.StartHealthyNs, "healthy_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time until its first successful health check ended, in nanoseconds, by the clock of its runtime. Absent without a check, and if its runtime does not say when.",
                "Engine API, config.v2.json", "Engine API, config.v2.json"),
        ]);
}
