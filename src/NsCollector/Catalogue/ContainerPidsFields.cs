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
            },
            new(Reading.PidsLimit, "limit", FieldType.Integer, FieldKind.Property, "1",
                "Maximum number of tasks; absent if unlimited.",
                Number("pids.max"), Number("pids.max"))
            {
                Prometheus = [new("container_threads_max") { ZeroIfAbsent = true }],
            },
            new(Reading.PidsPeak, "peak", FieldType.Integer, FieldKind.Gauge, "1",
                "Highest number of tasks so far.",
                Number("pids.peak"), Number("pids.peak")),
            new(Reading.PidsMaxEvents, "max_events", FieldType.Integer, FieldKind.Counter, "1",
                "Forks that failed because the limit was reached.",
                Key("pids.events", "max"), Key("pids.events", "max")),
        ]);
}
