using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[host]</c>.</summary>
internal static class HostSection
{
    internal static ConfigurationSection Section { get; } = new("host", false, "What is read of the host itself.");

    private static readonly SectionKeys<HostOptions> Options =
        new(Section, (draft, _) => draft.Sample.Host, (draft, _, options) => draft.Sample = draft.Sample with { Host = options });

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Options.Key("enabled", new SwitchValue(), h => h.Enabled, (h, v) => h with { Enabled = v },
            "Report the measurements whose names begin with host_: processors, memory, load, paging, pressure, disks, interfaces and connection tracking of the host."),
        Options.Key("interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), zeroAllowed: true), h => h.Interval, (h, v) => h with { Interval = v },
            "How often they are read; 0 is in every cycle."),
        Options.Key("cpu_cores", new SwitchValue(), h => h.CpuCores, (h, v) => h with { CpuCores = v },
            "Also report the CPU time of each processor, as the measurement host_cpu_core."),
        Options.Key("filesystems", new SwitchValue(), h => h.Filesystems, (h, v) => h with { Filesystems = v },
            "Report the measurement host_filesystem."),
        Options.Key("exclude_mount_points", ListValue.AbsolutePaths("globs of mount points that begin with /"), h => h.ExcludeMountPoints, (h, v) => h with { ExcludeMountPoints = v },
            "Mount points that are left out, as patterns; `*` matches slashes too. The default leaves out what runtimes mount for their containers."),
        Options.Key("max_filesystems", new IntegerValue(1, 65536), h => h.MaxFilesystems, (h, v) => h with { MaxFilesystems = v },
            "Maximum file systems reported. Further ones are counted and left out."),
        Options.Key("max_disks", new IntegerValue(1, 65536), h => h.MaxDisks, (h, v) => h with { MaxDisks = v },
            "Maximum disks reported. Further ones are counted in devices_over_limit and left out."),
        Options.Key("max_interfaces", new IntegerValue(1, 1_000_000), h => h.MaxInterfaces, (h, v) => h with { MaxInterfaces = v },
            "Maximum interfaces of the host that are looked at, the host's ends of veth pairs included. Further ones are counted in interfaces_over_limit and left out."),
    ];
}
