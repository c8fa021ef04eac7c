namespace NsCollector.Catalogue;

internal static class ContainerExitFields
{
    internal static Measurement Measurement { get; } = new("container_exit", SamplePart.Exit, null,
        "once for each container, when it has ended; the timestamp of the point is the time of the exit",
        "How a container ended, and its final totals. A total that was neither read at the exit nor sampled before is absent.",
        [
            new("container_id", FieldType.String, FieldKind.Property, "-",
                "Full id of the container, as its runtime reports it.",
                "cgroup path", "cgroup path"),
            new(Reading.ExitLifetimeNs, "lifetime_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Time from the start of the init process to its exit, in nanoseconds.",
                "/proc/PID/stat", "/proc/PID/stat")
            {
                Telegraf = [new("docker_container_status", "uptime_ns")],
            },
            new(Reading.ExitCode, "exit_code", FieldType.Integer, FieldKind.Property, "-",
                "Exit code of the init process; absent if a signal killed it, or if the kernel does not report it (before 6.15).",
                "PIDFD_GET_INFO", "PIDFD_GET_INFO")
            {
                Prometheus = [new("container_exit_code")],
            },
            new(Reading.ExitSignal, "exit_signal", FieldType.Integer, FieldKind.Property, "-",
                "Number of the signal that killed the init process; absent if none did, or if the kernel does not report it.",
                "PIDFD_GET_INFO", "PIDFD_GET_INFO")
            {
                Prometheus = [new("container_exit_signal")],
            },
            new(Reading.ExitReason, "exit_reason", FieldType.String, FieldKind.Property, "-",
                "How the init process ended: `exited` (with exit_code), `signal` (killed by exit_signal), `oom`, or `unknown` if the kernel does not report its status. `oom` means that SIGKILL ended it, or that it returned 137 as a shell does for a killed child. The kernel must have counted an OOM kill in the container's cgroup within the second before. If the agent has the complete kernel log (cgroup.oom_victims), SIGKILL is `oom` only if the log names the init process as the victim. Without a status, it is `oom` if the log names it.",
                "PIDFD_GET_INFO, memory.oom_control, /dev/kmsg", "PIDFD_GET_INFO, memory.events, /dev/kmsg")
            {
                Words = ["unknown", "exited", "signal", "oom"],
                Prometheus = [new("container_exit_reason") { Help = "1, with the reason as a label: how the init process ended.", WordLabel = "reason" }],
            },
            new(Reading.ExitOomKilled, "oom_killed", FieldType.Boolean, FieldKind.Property, "-",
                "Whether the kernel counted an OOM kill in the container's cgroup, whichever process was the victim (oom_kills above 0). False only if oom_kills was read after the last process exited; absent if it is not known. On cgroup v1, kills in cgroups below the container's own do not count.",
                "memory.oom_control", "memory.events")
            {
                Telegraf = [new("docker_container_status", "oomkilled")],
            },
            new(Reading.ExitRestartCount, "restart_count", FieldType.Integer, FieldKind.Counter, "1",
                "How often the runtime had restarted the container before this life, as last read before the exit. It is Docker's RestartCount (restarts by the restart policy since the last manual start). In Kubernetes it is the kubelet's count, if the bundle or the labels have it (CRI-O, cri-dockerd, and containerd if it is configured to pass the annotation). Absent for other runtimes.",
                "config.v2.json, config.json", "config.v2.json, config.json")
            {
                Telegraf = [new("docker_container_status", "restart_count")],
                Prometheus = [new("container_exit_restarts_total")],
            },
            new(Reading.ExitHealthStatus, "health_status", FieldType.String, FieldKind.Property, "-",
                "Result of the container's health checks as last known before the exit, as in container_info.",
                "Engine API, config.v2.json", "Engine API, config.v2.json") { Words = ["none", "starting", "healthy", "unhealthy"] },
            new(Reading.ExitCpuUsageNs, "cpu_usage_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Total CPU time used, in nanoseconds.",
                copyOf: Reading.CpuUsageNs),
            new(Reading.ExitCpuUserNs, "cpu_user_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Total CPU time used in user mode, in nanoseconds.",
                copyOf: Reading.CpuUserNs),
            new(Reading.ExitCpuSystemNs, "cpu_system_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Total CPU time used in kernel mode, in nanoseconds.",
                copyOf: Reading.CpuSystemNs),
            new(Reading.ExitMemoryMaxUsageBytes, "memory_max_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Highest memory usage so far, in bytes.",
                copyOf: Reading.MemoryMaxUsageBytes),
            new(Reading.ExitOomKills, "oom_kills", FieldType.Integer, FieldKind.Counter, "1",
                "Processes of this cgroup killed by the OOM killer.",
                copyOf: Reading.MemoryOomKills)
            {
                Prometheus = [new("container_oom_events_total")],
            },
            new(Reading.ExitReadBytes, "read_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes read from all block devices, each byte once: the sum over its devices, less what the kernel charged it again for the devices below a stacked one (LVM, dm-crypt, RAID, loop). Absent if it used none, or if it is unknown which disk lies below a loop device.",
                copyOf: Reading.BlkioReadBytes),
            new(Reading.ExitWriteBytes, "write_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes written to all block devices, each byte once, as in read_bytes; the copies of RAID count as one.",
                copyOf: Reading.BlkioWriteBytes),
            new(Reading.ExitRxBytes, "rx_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes received from outside, if the container owned its network namespace: the sum over the interfaces that lead out of it, removed ones included. Not counted are interfaces stacked on another one of the namespace (VLAN, macvlan, bridge, bond, tunnel) and pairs that end inside.",
                "its namespace, the host's ends of its interfaces, their last messages (RTM_DELLINK), else its last sample", "its namespace, the host's ends of its interfaces, their last messages (RTM_DELLINK), else its last sample"),
            new(Reading.ExitTxBytes, "tx_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes sent to the outside, if the container owned its network namespace: the sum over the same interfaces.",
                "its namespace, the host's ends of its interfaces, their last messages (RTM_DELLINK), else its last sample", "its namespace, the host's ends of its interfaces, their last messages (RTM_DELLINK), else its last sample"),
            new(Reading.ExitConnectionsClosed, "connections_closed", FieldType.Integer, FieldKind.Counter, "1",
                "TCP connections of its network namespace that were closed before the exit was processed. Present with network.flows = on, if the container owned its namespace and the kernel reported all of them: not if it started before the agent, nor if its namespace had no number (nsid) before the agent asked for one.",
                "SKNLGRP_INET_TCP_DESTROY", "SKNLGRP_INET_TCP_DESTROY"),
            new(Reading.ExitRetransSegs, "retrans_segs", FieldType.Integer, FieldKind.Counter, "1",
                "Segments that these connections sent again. Present with connections_closed.",
                "tcp_info tcpi_total_retrans", "tcp_info tcpi_total_retrans"),
            new(Reading.ExitFinal, "final", FieldType.Boolean, FieldKind.Property, "-",
                "Whether all totals of CPU, memory and block I/O were read after the last process exited; if false, some are from the last sample.",
                "computed", "computed"),
            new(Reading.ExitNetworkFinal, "network_final", FieldType.Boolean, FieldKind.Property, "-",
                "Whether rx_bytes and tx_bytes are the whole: every interface that led out was read after the last process exited, or its removal was reported with its last counters. Absent if they are absent.",
                "computed", "computed"),
        ]);
}
