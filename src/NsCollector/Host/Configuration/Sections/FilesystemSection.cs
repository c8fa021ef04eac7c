using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;
using NsCollector.Sample.Filesystem;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[filesystem]</c>.</summary>
internal static class FilesystemSection
{
    internal static ConfigurationSection Section { get; } = new("filesystem", false, "What is read of the containers' disks.");

    private static readonly SectionKeys<FilesystemOptions> Options =
        new(Section, (draft, _) => draft.Sample.Filesystem, (draft, _, options) => draft.Sample = draft.Sample with { Filesystem = options });

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Options.Key("containers", new SwitchValue(), f => f.Containers, (f, v) => f with { Containers = v },
            "Report the measurement container_filesystem: what the root file system and the volumes of each container occupy, and their limits. Without quotas, a thread with the lowest priorities walks their directories to find that out."),
        Options.Key("interval", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)), f => f.Interval, (f, v) => f with { Interval = v },
            "How often the figures are read, and how often a directory is walked at most."),
        Options.Key("walk_cpu", new PercentValue(1), f => f.WalkCpuPercent, (f, v) => f with { WalkCpuPercent = v },
            "CPU time that walks may use all together, in percent of one core; 0 walks no directory. A million files take 3 to 8 minutes at 1. The age of each result is in used_age_ns."),
        Options.Key("volumes", new SwitchValue(), f => f.Volumes, (f, v) => f with { Volumes = v },
            "Report volumes beside the root file system."),
        Options.Key("exclude_mount_points", ListValue.AbsolutePaths("globs of mount points that begin with /"), f => f.ExcludeMountPoints, (f, v) => f with { ExcludeMountPoints = v },
            "Mount points in the container that are not volumes, as patterns; `*` matches slashes too. The default leaves out what runtimes and systemd mount. Mounts of single files and of file systems without space, such as proc, are always left out."),
        Options.Key("max_volumes", new IntegerValue(0, 10_000), f => f.MaxVolumes, (f, v) => f with { MaxVolumes = v },
            "Maximum volumes reported per container. Further ones are counted in filesystems_over_limit and left out."),
    ];
}
