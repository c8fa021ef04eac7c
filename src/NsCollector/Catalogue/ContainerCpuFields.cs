using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerCpuFields
{
    internal static Measurement Measurement { get; } = new("container_cpu", SamplePart.Scalars, null,
        "always",
        "CPU time, its limits and how often they were hit.",
        [
            new(Reading.CpuUsageNs, "usage_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "CPU time used.",
                Number("cpuacct.usage"), Key("cpu.stat", "usage_usec", 1000)),
            new(Reading.CpuUserNs, "user_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "CPU time used in user mode.",
                Number("cpuacct.usage_user").Else(Key("cpuacct.stat", "user")), Key("cpu.stat", "user_usec", 1000)),
            new(Reading.CpuSystemNs, "system_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "CPU time used in the kernel.",
                Number("cpuacct.usage_sys").Else(Key("cpuacct.stat", "system")), Key("cpu.stat", "system_usec", 1000)),
            new(Reading.CpuUsagePercent, "usage_percent", FieldType.Float, FieldKind.Gauge, "percent",
                "CPU time used since the previous sample over the time that passed; 100 is one core. Absent in the first sample.",
                "two readings of usage_ns", "two readings of usage_ns"),
            new(Reading.CpuLimitCores, "limit_cores", FieldType.Float, FieldKind.Property, "cores",
                "Quota over period; absent when unlimited.",
                "cpu.cfs_quota_us / cpu.cfs_period_us", "cpu.max"),
            new(Reading.CpuWeight, "weight", FieldType.Integer, FieldKind.Property, "-",
                "The share of the CPU under contention: 1024 is the default on v1, 100 on v2.",
                Number("cpu.shares"), Number("cpu.weight")),
            new(Reading.CpuNrPeriods, "nr_periods", FieldType.Integer, FieldKind.Counter, "1",
                "Enforcement periods that have passed.",
                Key("cpu.stat", "nr_periods"), Key("cpu.stat", "nr_periods")),
            new(Reading.CpuNrThrottled, "nr_throttled", FieldType.Integer, FieldKind.Counter, "1",
                "Periods in which the quota was used up.",
                Key("cpu.stat", "nr_throttled"), Key("cpu.stat", "nr_throttled")),
            new(Reading.CpuThrottledNs, "throttled_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time for which its tasks were throttled.",
                Key("cpu.stat", "throttled_time"), Key("cpu.stat", "throttled_usec", 1000)),
            new(Reading.CpuNrBursts, "nr_bursts", FieldType.Integer, FieldKind.Counter, "1",
                "Periods in which it burst above its quota.",
                Key("cpu.stat", "nr_bursts"), Key("cpu.stat", "nr_bursts")),
            new(Reading.CpuBurstNs, "burst_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "CPU time used above the quota in bursts.",
                Key("cpu.stat", "burst_time"), Key("cpu.stat", "burst_usec", 1000)),
        ]);
}
