using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerPressureFields
{
    internal static Measurement Measurement { get; } = new("container_pressure", SamplePart.Pressure, "resource",
        "cgroup.pressure = on (the default)",
        "Pressure stall information: time for which tasks waited for cpu, memory or io, or were delayed by interrupts (irq).",
        [
            new(Reading.PressureSomeAvg10, "some_avg10", FieldType.Float, FieldKind.Gauge, "percent",
                "Percentage of the last 10 seconds in which at least one task waited for the resource.",
                "the unified hierarchy of a hybrid host", Key("*.pressure", "some avg10"))
            {
                Cadvisor = ["psi.some.avg10"],
            },
            new(Reading.PressureSomeAvg60, "some_avg60", FieldType.Float, FieldKind.Gauge, "percent",
                "Percentage of the last 60 seconds in which at least one task waited for the resource.",
                "the unified hierarchy of a hybrid host", Key("*.pressure", "some avg60"))
            {
                Cadvisor = ["psi.some.avg60"],
            },
            new(Reading.PressureSomeAvg300, "some_avg300", FieldType.Float, FieldKind.Gauge, "percent",
                "Percentage of the last 300 seconds in which at least one task waited for the resource.",
                "the unified hierarchy of a hybrid host", Key("*.pressure", "some avg300"))
            {
                Cadvisor = ["psi.some.avg300"],
            },
            new(Reading.PressureSomeTotalUs, "some_total_us", FieldType.Integer, FieldKind.Counter, "microseconds",
                "Time for which at least one task waited for the resource, in microseconds.",
                "the unified hierarchy of a hybrid host", Key("*.pressure", "some total"))
            {
                Prometheus =
                [
                    new("container_pressure_cpu_waiting_seconds_total") { Row = "cpu" },
                    new("container_pressure_memory_waiting_seconds_total") { Row = "memory" },
                    new("container_pressure_io_waiting_seconds_total") { Row = "io" },
                ],
                Cadvisor = ["psi.some.total"],
            },
            new(Reading.PressureFullAvg10, "full_avg10", FieldType.Float, FieldKind.Gauge, "percent",
                "Percentage of the last 10 seconds in which all tasks waited for the resource.",
                "the unified hierarchy of a hybrid host", Key("*.pressure", "full avg10"))
            {
                Cadvisor = ["psi.full.avg10"],
            },
            new(Reading.PressureFullAvg60, "full_avg60", FieldType.Float, FieldKind.Gauge, "percent",
                "Percentage of the last 60 seconds in which all tasks waited for the resource.",
                "the unified hierarchy of a hybrid host", Key("*.pressure", "full avg60"))
            {
                Cadvisor = ["psi.full.avg60"],
            },
            new(Reading.PressureFullAvg300, "full_avg300", FieldType.Float, FieldKind.Gauge, "percent",
                "Percentage of the last 300 seconds in which all tasks waited for the resource.",
                "the unified hierarchy of a hybrid host", Key("*.pressure", "full avg300"))
            {
                Cadvisor = ["psi.full.avg300"],
            },
            new(Reading.PressureFullTotalUs, "full_total_us", FieldType.Integer, FieldKind.Counter, "microseconds",
                "Time for which all tasks waited for the resource, in microseconds.",
                "the unified hierarchy of a hybrid host", Key("*.pressure", "full total"))
            {
                Prometheus =
                [
                    new("container_pressure_cpu_stalled_seconds_total") { Row = "cpu" },
                    new("container_pressure_memory_stalled_seconds_total") { Row = "memory" },
                    new("container_pressure_io_stalled_seconds_total") { Row = "io" },
                ],
                Cadvisor = ["psi.full.total"],
            },
        ]);
}
