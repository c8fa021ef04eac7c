using System.Collections.Immutable;

namespace NsCollector.Catalogue;

/// <summary>Measurements of the host with the same readings as another measurement, most of them of containers.</summary>
internal static class HostCopies
{
    private static readonly Dictionary<Reading, string> NodeModes = new()
    {
        [Reading.HostCpuUserNs] = "user", [Reading.HostCpuNiceNs] = "nice", [Reading.HostCpuSystemNs] = "system", [Reading.HostCpuIdleNs] = "idle",
        [Reading.HostCpuIowaitNs] = "iowait", [Reading.HostCpuIrqNs] = "irq", [Reading.HostCpuSoftirqNs] = "softirq", [Reading.HostCpuStealNs] = "steal",
    };

    private static readonly Dictionary<Reading, string> NodeInterfaces = new()
    {
        [Reading.NetworkRxBytes] = "receive_bytes", [Reading.NetworkRxPackets] = "receive_packets", [Reading.NetworkRxErrors] = "receive_errs",
        [Reading.NetworkRxDropped] = "receive_drop", [Reading.NetworkTxBytes] = "transmit_bytes", [Reading.NetworkTxPackets] = "transmit_packets",
        [Reading.NetworkTxErrors] = "transmit_errs", [Reading.NetworkTxDropped] = "transmit_drop", [Reading.NetworkMulticast] = "receive_multicast",
        [Reading.NetworkCollisions] = "transmit_colls",
    };

    // node_exporter calls all of them gauges (collector/conntrack_linux.go).
    private static readonly Dictionary<Reading, string> NodeConntrack = new()
    {
        [Reading.ConntrackCount] = "entries", [Reading.ConntrackMax] = "entries_limit", [Reading.ConntrackInsertFailed] = "stat_insert_failed",
        [Reading.ConntrackDrop] = "stat_drop", [Reading.ConntrackEarlyDrop] = "stat_early_drop",
    };

    internal static Measurement Processors { get; } = new("host_cpu_core", SamplePart.HostProcessors, "core",
        "host.cpu_cores = on",
        "CPU time by mode of each processor that is online.",
        [.. HostCpuFields.Measurement.Fields.Where(field => field.Index <= (int)Reading.HostCpuGuestNiceNs).Select(field => field.WithSource("/proc/stat cpuN", NodeOfProcessor((Reading)field.Index)))]);

    internal static Measurement Pressure { get; } = new("host_pressure", SamplePart.HostPressure, "resource",
        "host.enabled = on (the default), if the kernel has pressure stall information",
        "Pressure stall information of the host: time for which tasks waited for cpu, memory or io, or were delayed by interrupts (irq).",
        From(ContainerPressureFields.Measurement, "/proc/pressure/*", NodeOfPressure));

    internal static Measurement Network { get; } = new("host_network", SamplePart.HostInterfaces, "interface",
        "host.enabled = on (the default)",
        "Each interface of the host's network namespace, except for the host's ends of veth pairs.",
        From(ContainerNetworkFields.Measurement, "/proc/1/net/dev", NodeOfInterface));

    internal static Measurement Conntrack { get; } = new("host_conntrack", SamplePart.HostConntrack, null,
        "host.enabled = on (the default), if connection tracking is loaded",
        "Connection tracking of the host's network namespace.",
        From(ContainerConntrackFields.Measurement, "/proc/sys/net/netfilter, net/stat/nf_conntrack or ctnetlink", reading => [new("node_nf_conntrack_" + NodeConntrack[reading]) { IsGauge = true }]));

    private static ImmutableArray<Field> From(Measurement measurement, string source, Func<Reading, ImmutableArray<PrometheusSeries>> node) =>
        [.. measurement.Fields.Where(field => field.Index >= 0).Select(field => field.WithSource(source, node((Reading)field.Index)))];

    // The kernel also counts the time of guests as user or nice. So does node_exporter, which has another family for it.
    private static ImmutableArray<PrometheusSeries> NodeOfProcessor(Reading reading) => NodeModes.TryGetValue(reading, out string? mode)
        ? [new("node_cpu_seconds_total") { Label = $"mode=\"{mode}\"", RowLabels = ["cpu"], Help = "Time of each processor in each mode, in seconds." }]
        : [new("node_cpu_guest_seconds_total") { Label = reading == Reading.HostCpuGuestNs ? "mode=\"user\"" : "mode=\"nice\"", RowLabels = ["cpu"], Help = "Time of virtual machines on each processor, in seconds." }];

    private static ImmutableArray<PrometheusSeries> NodeOfPressure(Reading reading) => reading switch
    {
        Reading.PressureSomeTotalUs => [.. new[] { "cpu", "memory", "io" }.Select(resource => new PrometheusSeries($"node_pressure_{resource}_waiting_seconds_total") { Row = resource })],
        Reading.PressureFullTotalUs => [.. new[] { "memory", "io", "irq" }.Select(resource => new PrometheusSeries($"node_pressure_{resource}_stalled_seconds_total") { Row = resource })],
        _ => [],
    };

    private static ImmutableArray<PrometheusSeries> NodeOfInterface(Reading reading) => [new($"node_network_{NodeInterfaces[reading]}_total") { RowLabels = ["device"] }];
}
