using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerPidsFields
{
    internal static Measurement Measurement { get; } = new("container_pids", SamplePart.Scalars, null,
        "always",
        "Processes and threads.",
        [
            new(Reading.PidsCurrent, "current", FieldType.Integer, FieldKind.Gauge, "1",
                "Tasks (processes and threads).",
                Number("pids.current"), Number("pids.current"))
            {
                Prometheus = [new("container_threads")],
                Cadvisor = ["processes.threads_current"],
            },
            new(Reading.PidsProcesses, "processes", FieldType.Integer, FieldKind.Gauge, "1",
                "Processes; further threads of a process are not counted (cgroup.memory_detail = on). Absent if the container has cgroups of its own, such as those of a systemd inside, because the kernel lists the processes of a single cgroup.",
                "cgroup.procs", "cgroup.procs")
            {
                Prometheus = [new("container_processes")],
                Cadvisor = ["processes.process_count"],
            },
            State(Reading.PidsRunning, "running", "Tasks that run or wait for a processor"),
            State(Reading.PidsUninterruptible, "uninterruptible", "Tasks in uninterruptible sleep, without those in killable sleep"),
            State(Reading.PidsStopped, "stopped", "Tasks stopped by a signal"),
            State(Reading.PidsIoWait, "io_wait", "Tasks that wait for I/O in another sleep, mostly killable sleep"),
            new(Reading.PidsLimit, "limit", FieldType.Integer, FieldKind.Property, "1",
                "Maximum number of tasks; absent if unlimited.",
                Number("pids.max"), Number("pids.max"))
            {
                Prometheus = [new("container_threads_max") { IfAbsent = 0 }],
                Cadvisor = ["processes.threads_max"],
            },
            new(Reading.PidsPeak, "peak", FieldType.Integer, FieldKind.Gauge, "1",
                "Highest number of tasks so far.",
                Number("pids.peak"), Number("pids.peak")),
            new(Reading.PidsMaxEvents, "max_events", FieldType.Integer, FieldKind.Counter, "1",
                "Forks that failed because the limit was reached.",
                Key("pids.events", "max"), Key("pids.events", "max")),
        ]);

    // nr_sleeping is left out: since 6.1 the kernel does not count sleeping tasks that it may freeze (TASK_FREEZABLE), which are most.
    // cgroup v2 has no such call: cgroupstats_build (kernel/cgroup/cgroup-v1.c) refuses its directories.
    private static Field State(Reading reading, string name, string help) =>
        new(reading, name, FieldType.Integer, FieldKind.Gauge, "1", $"{help} (cgroup.memory_detail = on). Absent if processes is, and on Linux 5.x if the agent is not in the host's network namespace.",
            "CGROUPSTATS_CMD_GET", "-")
        {
            Prometheus = [new("container_tasks_state") { Help = "Tasks in a state.", Label = $"state=\"{(reading == Reading.PidsIoWait ? "iowaiting" : name)}\"" }],
            Cadvisor = [$"task_stats.nr_{name}"],
        };
}
