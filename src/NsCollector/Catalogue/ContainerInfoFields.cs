namespace NsCollector.Catalogue;

internal static class ContainerInfoFields
{
    internal static Measurement Measurement { get; } = new("container_info", SamplePart.Info, null,
        "always",
        "Identity and state of the container, and when it started.",
        [
            new("container_id", FieldType.String, FieldKind.Property, "-",
                "Full id of the container, as its runtime reports it.",
                "cgroup path", "cgroup path"),
            new(Reading.InfoPid, "pid", FieldType.Integer, FieldKind.Property, "-",
                "Process id of the init process, in the pid namespace of the agent.",
                "cgroup.procs", "cgroup.procs")
            {
                Telegraf = [new("docker_container_status", "pid")],
            },
            new(Reading.InfoStartedAtNs, "started_at_ns", FieldType.Integer, FieldKind.Property, "nanoseconds since the epoch",
                "Start time of the init process, in nanoseconds since the epoch, by the host's clock as it is set now, rounded to a tick of /proc/PID/stat (10 ms). It changes when the container restarts and its counters begin at 0 again, and when the clock is set.",
                "/proc/PID/stat", "/proc/PID/stat")
            {
                Telegraf = [new("docker_container_status", "started_at")],
                Prometheus = [new("container_start_time_seconds") { IsWhole = true }],
            },
            new(Reading.InfoUptimeNs, "uptime_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time since the init process started, in nanoseconds, including suspend. Setting the host's clock does not change it.",
                "/proc/PID/stat", "/proc/PID/stat") { Otlp = new("container.uptime", "s"), Telegraf = [new("docker_container_status", "uptime_ns")], IsAge = true },
            new(Reading.InfoHealthStatus, "health_status", FieldType.String, FieldKind.Property, "-",
                "Result of the container's health checks, in Docker's words: `starting`, `healthy` or `unhealthy`. It comes from the Engine API, else from Docker's state file, which Docker 20.10 writes after each check and 26.1 does not. Absent without a check, and if the runtime does not report the result.",
                "Engine API, config.v2.json", "Engine API, config.v2.json")
            {
                Telegraf = [new("docker_container_health", "health_status")],
                Words = ["none", "starting", "healthy", "unhealthy"],
                Prometheus = [new("container_health_state") { Help = "Result of the container's health checks: 1 healthy, 0 another result, -1 no check, or its runtime does not say.", Values = [-1, 0, 1, 0], IfAbsent = -1 }],
            },
            new("state", FieldType.String, FieldKind.Property, "-",
                "State of the container: running, paused (its cgroup is frozen) or empty (its cgroup has no process).",
                "freezer.state, cgroup.procs", "cgroup.events"),
        ]);
}
