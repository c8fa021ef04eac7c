using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerCpuFields
{
    internal static Measurement Measurement { get; } = new("container_cpu", SamplePart.Scalars, null,
        "always",
        "CPU time, CPU limits and throttling.",
        [
            new(Reading.CpuUsageNs, "usage_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "CPU time used, in nanoseconds.",
                Number("cpuacct.usage"), Key("cpu.stat", "usage_usec", 1000))
            {
                Telegraf = [new("docker_container_cpu", "usage_total")],
                Otlp = new("container.cpu.usage_time", "s"),
                Prometheus = [new("container_cpu_usage_seconds_total") { Label = "cpu=\"total\"" }],
                Cadvisor = ["cpu.usage.total"],
            },
            new(Reading.CpuUserNs, "user_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "CPU time used in user mode, in nanoseconds.",
                Number("cpuacct.usage_user").Else(Key("cpuacct.stat", "user")), Key("cpu.stat", "user_usec", 1000))
            {
                Telegraf = [new("docker_container_cpu", "usage_in_usermode")],
                Otlp = new("container.cpu.time", "s") { Attributes = [new("cpu.mode", "user")] },
                Prometheus = [new("container_cpu_user_seconds_total")],
                Cadvisor = ["cpu.usage.user"],
            },
            new(Reading.CpuSystemNs, "system_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "CPU time used in kernel mode, in nanoseconds.",
                Number("cpuacct.usage_sys").Else(Key("cpuacct.stat", "system")), Key("cpu.stat", "system_usec", 1000))
            {
                Telegraf = [new("docker_container_cpu", "usage_in_kernelmode")],
                Otlp = new("container.cpu.time", "s") { Attributes = [new("cpu.mode", "system")] },
                Prometheus = [new("container_cpu_system_seconds_total")],
                Cadvisor = ["cpu.usage.system"],
            },
            new(Reading.CpuUsagePercent, "usage_percent", FieldType.Float, FieldKind.Gauge, "percent",
                "CPU time used since the previous sample as a percentage of the elapsed time; 100 is one core, absent in the first sample.",
                "two readings of usage_ns", "two readings of usage_ns")
            {
                Telegraf = [new("docker_container_cpu", "usage_percent")],
                Otlp = new("container.cpu.usage", "{cpu}") { Factor = 0.01 },
            },
            new(Reading.CpuUsagePercentMax, "usage_percent_max", FieldType.Float, FieldKind.Gauge, "percent",
                "Highest CPU usage since the previous sample, over windows as long as agent.peaks: a percentage of the elapsed time, 100 is one core. Absent if agent.peaks is off.",
                "usage_ns every agent.peaks", "usage_ns every agent.peaks"),
            new(Reading.CpuLimitCores, "limit_cores", FieldType.Float, FieldKind.Property, "cores",
                "CPU limit (quota divided by period), in cores; absent if unlimited.",
                "cpu.cfs_quota_us / cpu.cfs_period_us", "cpu.max"),
            new(Reading.CpuQuotaUs, "quota_us", FieldType.Integer, FieldKind.Property, "microseconds",
                "CPU time allowed in each period, in microseconds; absent if unlimited.",
                "cpu.cfs_quota_us", "cpu.max")
            {
                Prometheus = [new("container_spec_cpu_quota") { IsRaw = true }],
            },
            new(Reading.CpuPeriodUs, "period_us", FieldType.Integer, FieldKind.Property, "microseconds",
                "The period of the quota, in microseconds; absent without a quota.",
                "cpu.cfs_period_us", "cpu.max")
            {
                Prometheus = [new("container_spec_cpu_period") { IsRaw = true }],
            },
            new(Reading.CpuEffectiveLimitCores, "effective_limit_cores", FieldType.Float, FieldKind.Property, "cores",
                "Lowest CPU limit of the container and of the cgroups above it (a slice, a pod) that the agent sees, in cores; absent if all are unlimited.",
                "cpu.cfs_quota_us / cpu.cfs_period_us of the cgroup and its ancestors", "cpu.max of the cgroup and its ancestors"),
            new(Reading.CpuWeight, "weight", FieldType.Integer, FieldKind.Property, "-",
                "Relative share of the CPU under contention; the default is 1024 on v1 and 100 on v2.",
                Number("cpu.shares"), Number("cpu.weight"))
            {
                Prometheus =
                [
                    new("container_spec_cpu_shares") { Help = "Relative share of the CPU under contention, in units of cpu.shares of cgroup v1; the default is 1024 on v1 and 2597 on v2.", IsCpuShares = true },
                    new("container_cpu_weight"),
                ],
            },
            new(Reading.CpuNrPeriods, "nr_periods", FieldType.Integer, FieldKind.Counter, "1",
                "Enforcement periods elapsed.",
                Key("cpu.stat", "nr_periods"), Key("cpu.stat", "nr_periods"))
            {
                Telegraf = [new("docker_container_cpu", "throttling_periods")],
                Prometheus = [new("container_cpu_cfs_periods_total") { OnlyWith = Reading.CpuLimitCores }],
                Cadvisor = ["cpu.cfs.periods"],
            },
            new(Reading.CpuNrThrottled, "nr_throttled", FieldType.Integer, FieldKind.Counter, "1",
                "Enforcement periods in which the container was throttled because it had used up its quota.",
                Key("cpu.stat", "nr_throttled"), Key("cpu.stat", "nr_throttled"))
            {
                Telegraf = [new("docker_container_cpu", "throttling_throttled_periods")],
                Prometheus = [new("container_cpu_cfs_throttled_periods_total") { OnlyWith = Reading.CpuLimitCores }],
                Cadvisor = ["cpu.cfs.throttled_periods"],
            },
            new(Reading.CpuThrottledNs, "throttled_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time for which tasks of the container were throttled, in nanoseconds.",
                Key("cpu.stat", "throttled_time"), Key("cpu.stat", "throttled_usec", 1000))
            {
                Telegraf = [new("docker_container_cpu", "throttling_throttled_time")],
                Prometheus = [new("container_cpu_cfs_throttled_seconds_total") { OnlyWith = Reading.CpuLimitCores }],
                Cadvisor = ["cpu.cfs.throttled_time"],
            },
            new(Reading.CpuLocalThrottledNs, "local_throttled_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time that tasks waited because their cgroup or one above it was throttled, in nanoseconds, for the cgroup that has the container's processes (cgroup.memory_detail = on; Linux 6.6).",
                Key("cpu.stat.local", "throttled_time"), Key("cpu.stat.local", "throttled_usec", 1000)),
            new(Reading.CpuThrottledPercentMax, "throttled_percent_max", FieldType.Float, FieldKind.Gauge, "percent",
                "Highest share of throttled enforcement periods since the previous sample, over windows of at least ten periods: nr_throttled as a percentage of nr_periods. Absent without a CPU limit of the container, if no window has ended, and if agent.peaks is off.",
                "nr_periods and nr_throttled every agent.peaks", "nr_periods and nr_throttled every agent.peaks"),
            new(Reading.CpuNrBursts, "nr_bursts", FieldType.Integer, FieldKind.Counter, "1",
                "Enforcement periods in which the container burst above its quota.",
                Key("cpu.stat", "nr_bursts"), Key("cpu.stat", "nr_bursts"))
            {
                Prometheus = [new("container_cpu_cfs_burst_periods_total") { OnlyWith = Reading.CpuLimitCores }],
                Cadvisor = ["cpu.cfs.bursts_periods"],
            },
            new(Reading.CpuBurstNs, "burst_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "CPU time used above the quota in bursts, in nanoseconds.",
                Key("cpu.stat", "burst_time"), Key("cpu.stat", "burst_usec", 1000))
            {
                Prometheus = [new("container_cpu_cfs_burst_seconds_total") { OnlyWith = Reading.CpuLimitCores }],
                Cadvisor = ["cpu.cfs.burst_time"],
            },
        ]);
}
