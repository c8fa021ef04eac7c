using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class HostCpuFields
{
    internal static Measurement Measurement { get; } = new("host_cpu", SamplePart.HostCpu, null,
        "host.enabled = on (the default)",
        "CPU time of the host by mode, over all processors.",
        [
            new(Reading.HostCpuUserNs, "user_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in user mode, with the time of guests and without that of niced processes, in nanoseconds.",
                "/proc/stat cpu, user")
            {
                Telegraf = [new("cpu", "time_user") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuNiceNs, "nice_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in user mode of processes with a lower priority, in nanoseconds.",
                "/proc/stat cpu, nice")
            {
                Telegraf = [new("cpu", "time_nice") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuSystemNs, "system_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in kernel mode, in nanoseconds.",
                "/proc/stat cpu, system")
            {
                Telegraf = [new("cpu", "time_system") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuIdleNs, "idle_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Idle time without I/O that a processor's task waited for, in nanoseconds.",
                "/proc/stat cpu, idle")
            {
                Telegraf = [new("cpu", "time_idle") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuIowaitNs, "iowait_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Idle time in which a task of that processor waited for I/O, in nanoseconds. The kernel's figure can fall.",
                "/proc/stat cpu, iowait")
            {
                Telegraf = [new("cpu", "time_iowait") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuIrqNs, "irq_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in hardware interrupts, in nanoseconds.",
                "/proc/stat cpu, irq")
            {
                Telegraf = [new("cpu", "time_irq") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuSoftirqNs, "softirq_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in software interrupts, in nanoseconds.",
                "/proc/stat cpu, softirq")
            {
                Telegraf = [new("cpu", "time_softirq") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuStealNs, "steal_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in which the hypervisor ran others, in nanoseconds.",
                "/proc/stat cpu, steal")
            {
                Telegraf = [new("cpu", "time_steal") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuGuestNs, "guest_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of virtual machines of this host, which is also in user_ns, in nanoseconds.",
                "/proc/stat cpu, guest")
            {
                Telegraf = [new("cpu", "time_guest") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuGuestNiceNs, "guest_nice_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of niced virtual machines of this host, which is also in nice_ns, in nanoseconds.",
                "/proc/stat cpu, guest_nice")
            {
                Telegraf = [new("cpu", "time_guest_nice") { Divisor = 1e9 }],
            },
            new(Reading.HostCpuUsagePercent, "usage_percent", FieldType.Float, FieldKind.Gauge, "percent",
                "Percentage of the processors' time since the last point that was not idle, neither waiting for I/O nor stolen.",
                "computed"),
            new(Reading.HostCpuCount, "processors", FieldType.Integer, FieldKind.Gauge, "1",
                "Processors online.",
                "/proc/stat, lines cpuN")
            {
                Telegraf = [new("docker", "n_cpus"), new("system", "n_cpus")],
                Prometheus = [new("machine_cpu_cores")],
            },
            new(Reading.HostCpuInterrupts, "interrupts", FieldType.Integer, FieldKind.Counter, "1",
                "Interrupts.",
                Key("stat", "intr", shown: "/proc/stat intr"))
            {
                Node = [new("node_intr_total")],
            },
            new(Reading.HostCpuContextSwitches, "context_switches", FieldType.Integer, FieldKind.Counter, "1",
                "Context switches.",
                Key("stat", "ctxt", shown: "/proc/stat ctxt"))
            {
                Node = [new("node_context_switches_total")],
            },
            new(Reading.HostCpuForks, "forks", FieldType.Integer, FieldKind.Counter, "1",
                "Tasks created.",
                Key("stat", "processes", shown: "/proc/stat processes"))
            {
                Node = [new("node_forks_total")],
            },
            new(Reading.HostCpuRunnable, "runnable", FieldType.Integer, FieldKind.Gauge, "1",
                "Tasks that run or could run.",
                Key("stat", "procs_running", shown: "/proc/stat procs_running"))
            {
                Node = [new("node_procs_running")],
            },
            new(Reading.HostCpuBlocked, "blocked", FieldType.Integer, FieldKind.Gauge, "1",
                "Tasks that wait for I/O.",
                Key("stat", "procs_blocked", shown: "/proc/stat procs_blocked"))
            {
                Node = [new("node_procs_blocked")],
            },
            new(Reading.HostCpuPhysicalCores, "physical_cores", FieldType.Integer, FieldKind.Gauge, "1",
                "Cores of the online processors: processors that share one (SMT) count once.",
                "/sys/devices/system/cpu/cpuN/topology/core_cpus_list")
            {
                Prometheus = [new("machine_cpu_physical_cores")],
            },
            new(Reading.HostCpuSockets, "sockets", FieldType.Integer, FieldKind.Gauge, "1",
                "Sockets of the online processors.",
                "/sys/devices/system/cpu/cpuN/topology/physical_package_id")
            {
                Prometheus = [new("machine_cpu_sockets")],
            },
        ]);
}
