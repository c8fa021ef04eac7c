using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;
using NsCollector.Sample.Filesystem;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[filesystem]</c>.</summary>
internal static class FilesystemSection
{
    internal static ConfigurationSection Section { get; } = new("filesystem", false, "Disk usage and limits of containers.");

    private static readonly SectionKeys<FilesystemOptions> Options =
        new(Section, (draft, _) => draft.Sample.Filesystem, (draft, _, options) => draft.Sample = draft.Sample with { Filesystem = options });

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Options.Key("containers", new SwitchValue(), f => f.Containers, (f, v) => f with { Containers = v },
            "Report the measurement container_filesystem: usage and limits of the root file system and the volumes of each container. Without quotas, a thread with the lowest priorities walks their directories to measure the usage."),
        Options.Key("interval", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)), f => f.Interval, (f, v) => f with { Interval = v },
            "How often the figures are read. Each directory is walked at most once in this time."),
        Options.Key("walk_cpu", new PercentValue(1), f => f.WalkCpuPercent, (f, v) => f with { WalkCpuPercent = v },
            "Maximum CPU time of all walks together, in percent of one core; with 0, no directory is walked. At 1, a million files take several minutes, more on a slow disk. The age of each result is in used_age_ns."),
        Options.Key("volumes", new SwitchValue(), f => f.Volumes, (f, v) => f with { Volumes = v },
            "Report volumes in addition to the root file system."),
        Options.Key("exclude_mount_points", ListValue.AbsolutePaths("globs of mount points that begin with /"), f => f.ExcludeMountPoints, (f, v) => f with { ExcludeMountPoints = v },
            "Patterns of mount points in the container that are not reported as volumes; `*` also matches slashes. The default excludes the mounts of runtimes and systemd. Mounts of single files, and of file systems without space such as proc, are always excluded."),
        Options.Key("max_volumes", new IntegerValue(0, 10_000), f => f.MaxVolumes, (f, v) => f with { MaxVolumes = v },
            "Maximum volumes reported per container. Further ones are left out and counted in filesystems_over_limit."),
    ];
}
