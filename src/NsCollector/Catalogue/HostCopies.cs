using System.Collections.Immutable;

namespace NsCollector.Catalogue;

/// <summary>Measurements of the host with the same readings as a measurement of containers.</summary>
internal static class HostCopies
{
    internal static Measurement Pressure { get; } = new("host_pressure", SamplePart.HostPressure, "resource",
        "host.enabled = on (the default), if the kernel has pressure stall information",
        "Pressure stall information of the host: time for which tasks waited for cpu, memory or io, or were delayed by interrupts (irq).",
        From(ContainerPressureFields.Measurement, "/proc/pressure/*"));

    internal static Measurement Network { get; } = new("host_network", SamplePart.HostInterfaces, "interface",
        "host.enabled = on (the default)",
        "Each interface of the host's network namespace, but for the host's ends of veth pairs.",
        From(ContainerNetworkFields.Measurement, "/proc/1/net/dev"));

    internal static Measurement Conntrack { get; } = new("host_conntrack", SamplePart.HostConntrack, null,
        "host.enabled = on (the default), if connection tracking is loaded",
        "Connection tracking of the host's network namespace.",
        From(ContainerConntrackFields.Measurement, "/proc/sys/net/netfilter"));

    private static ImmutableArray<Field> From(Measurement measurement, string source) => [.. measurement.Fields.Select(field => field.WithSource(source))];
}
