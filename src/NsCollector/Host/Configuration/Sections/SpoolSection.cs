using System.Collections.Immutable;
using NsCollector.Deliver.Spool;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[spool]</c>.</summary>
internal static class SpoolSection
{
    internal static ConfigurationSection Section { get; } = new("spool", false,
        "The directory that keeps points on disk until a server has acknowledged them. It has a subdirectory for each InfluxDB or OTLP sink. File sinks do not use it.");

    private static readonly SectionKeys<SpoolOptions> Spool = new(Section, (draft, _) => draft.Spool, (draft, _, options) => draft.Spool = options);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Spool.Key("enabled", new SwitchValue(), s => s.Enabled, (s, v) => s with { Enabled = v },
            "Use a spool. Without it, points that a server has not acknowledged are kept in memory only (`memory_size`) and are lost when the agent stops."),
        Spool.Text("path", new TextValue("the path of a directory", 3800, text => text == "-" ? "standard output is not a directory" : null), (s, v) => s with { Path = v },
            "The directory of the spool. It is created if it is missing; its parent must exist. Only one agent at a time can use it.",
            "`/var/lib/nscollector/spool` when run as a service, else `spool` in the current directory", "/var/lib/nscollector/spool"),
        Spool.Key("sync", new ChoiceValue<SpoolSync>(("always", SpoolSync.Always), ("interval", SpoolSync.Interval), ("never", SpoolSync.Never)), s => s.Sync, (s, v) => s with { Sync = v },
            "When files are synced to disk. A power failure then loses: with `always`, only the current cycle; with `interval`, at most `sync_interval` and a cycle; with `never`, about the last half minute. If only the agent is killed, nothing is lost with any of them."),
        Spool.Key("sync_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), s => s.SyncInterval, (s, v) => s with { SyncInterval = v },
            "Time between two syncs with `sync = interval`."),
        Spool.Key("max_size", new SizeValue(64 << 10, 16L << 40), s => s.MaxBytes, (s, v) => s with { MaxBytes = v },
            "Maximum compressed bytes of one sink's files. Beyond it the oldest files are deleted and counted."),
        Spool.Key("max_files", new IntegerValue(1, 10_000_000), s => s.MaxFiles, (s, v) => s with { MaxFiles = v },
            "Maximum files of one sink. Beyond it the oldest files are deleted and counted."),
        Spool.Key("max_age", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650), zeroAllowed: true), s => s.MaxAge, (s, v) => s with { MaxAge = v },
            "Maximum age of a file. Older files are deleted and counted. 0: no limit."),
        Spool.Key("file_size", new SizeValue(16 << 10, 64 << 20), s => (long)s.FileBytes, (s, v) => s with { FileBytes = (int)v },
            "Maximum uncompressed bytes of lines in a file, and so in a request. Must hold at least one batch. InfluxDB 3 accepts at most 10 MiB."),
        Spool.Key("keep_damaged", new IntegerValue(0, 10_000), s => s.KeepDamaged, (s, v) => s with { KeepDamaged = v },
            "Number of damaged files of one sink to keep for examination."),
    ];
}
