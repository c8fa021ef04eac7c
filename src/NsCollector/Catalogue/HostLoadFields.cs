namespace NsCollector.Catalogue;

internal static class HostLoadFields
{
    internal static Measurement Measurement { get; } = new("host_load", SamplePart.HostLoad, null,
        "host.enabled = on (the default)",
        "Load averages of the host.",
        [
            new(Reading.HostLoad1, "load1", FieldType.Float, FieldKind.Gauge, "1",
                "Tasks that run, could run or wait uninterruptibly, averaged over 1 minute.",
                "/proc/loadavg")
            {
                Telegraf = [new("system", "load1")],
                Node = [new("node_load1")],
            },
            new(Reading.HostLoad5, "load5", FieldType.Float, FieldKind.Gauge, "1",
                "Tasks that run, could run or wait uninterruptibly, averaged over 5 minutes.",
                "/proc/loadavg")
            {
                Telegraf = [new("system", "load5")],
                Node = [new("node_load5")],
            },
            new(Reading.HostLoad15, "load15", FieldType.Float, FieldKind.Gauge, "1",
                "Tasks that run, could run or wait uninterruptibly, averaged over 15 minutes.",
                "/proc/loadavg")
            {
                Telegraf = [new("system", "load15")],
                Node = [new("node_load15")],
            },
            new(Reading.HostLoadRunnable, "runnable", FieldType.Integer, FieldKind.Gauge, "1",
                "Tasks that run or could run.",
                "/proc/loadavg"),
            new(Reading.HostLoadTasks, "tasks", FieldType.Integer, FieldKind.Gauge, "1",
                "Tasks: processes and threads.",
                "/proc/loadavg"),
        ]);
}
