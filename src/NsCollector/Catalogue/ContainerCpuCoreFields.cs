using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerCpuCoreFields
{
    internal static Measurement Measurement { get; } = new("container_cpu_core", SamplePart.Cores, "core",
        "cgroup.cpu_cores = on",
        "CPU time for each core.",
        [
            new(Reading.CoreUsageNs, "usage_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "CPU time used on this core, in nanoseconds.",
                Number("cpuacct.usage_percpu"), "-")
            {
                Telegraf = [new("docker_container_cpu", "usage_total")],
                Cadvisor = ["per_cpu_usage"],
            },
        ]);
}
