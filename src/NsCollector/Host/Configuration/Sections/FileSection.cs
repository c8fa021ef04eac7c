using System.Collections.Immutable;
using NsCollector.Deliver.File;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The sections <c>[file:NAME]</c>.</summary>
internal static class FileSection
{
    internal static ConfigurationSection Section { get; } = new("file", true,
        "A file to which lines are appended. There may be several of these sections, each with its own NAME (letters, digits, `_`, `.`, `-`). " +
        "If no sink is configured, the agent writes to `[file:main]` with the defaults below; any configured sink replaces it.")
        {
            NewSink = (name, draft) => new FileSinkOptions { Name = name, Path = draft.DefaultPath },
        };

    private static readonly SectionKeys<FileSinkOptions> File = new(Section,
        (draft, sink) => (FileSinkOptions)draft.Sink(Section, sink), (draft, sink, options) => draft.SetSink(Section, sink, options));

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        File.Text("path", new TextValue("the path of a file, or -", 4095, PathProblem.OfFile), (f, v) => f with { Path = v },
            "The file; `-` is standard output. Its directory is created if it is missing; the parent of that must exist. Two sinks cannot share a file.",
            "`/var/log/nscollector/metrics.lp` when run as a service, else `metrics.lp` in the current directory", "/var/log/nscollector/metrics.lp"),
        File.Key("mode", new FileModeValue(), f => f.Mode, (f, v) => f with { Mode = v },
            "Permission bits of a new file."),
        File.Key("owner", new TextValue("the name or number of a user", 64, AccountProblem), f => f.Owner, (f, v) => f with { Owner = v },
            "Owner of a new file.", "the agent's own", "telegraf"),
        File.Key("group", new TextValue("the name or number of a group", 64, AccountProblem), f => f.Group, (f, v) => f with { Group = v },
            "Group of a new file.", "the agent's own", "telegraf"),
        File.Key("rotate_size", new SizeValue(4096, 16L << 40, zeroAllowed: true), f => f.RotateBytes, (f, v) => f with { RotateBytes = v },
            "Rotate the file before a cycle that would make it larger than this. It can still grow larger, usually by less than one cycle of all containers. 0: never rotate by size."),
        File.Key("rotate_age", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650), zeroAllowed: true), f => f.RotateAge, (f, v) => f with { RotateAge = v },
            "Rotate the file when it is older than this, before the next cycle. 0: never rotate by age."),
        File.Key("rotate_quiet", new DurationValue(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10), zeroAllowed: true), f => f.RotateQuiet, (f, v) => f with { RotateQuiet = v },
            "Time without writes before a rotation, so that programs that tail the file have read all of it. If necessary, new lines wait in the queue for so long, but for at most a tenth of the time. 0: rotate at once."),
        File.Key("rotate_keep", new IntegerValue(0, 10_000), f => f.RotateKeep, (f, v) => f with { RotateKeep = v },
            "Number of rotated files to keep."),
        File.Key("rotate_gzip", new SwitchValue(), f => f.RotateGzip, (f, v) => f with { RotateGzip = v },
            "Compress rotated files."),
        File.Key("queue_size", new SizeValue(64 << 10, 64L << 30), f => f.QueueBytes, (f, v) => f with { QueueBytes = v },
            "Maximum bytes that wait in memory for the disk. When it is full, the oldest batch is dropped and counted. Must hold at least one batch."),
        File.Key("retry_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), f => f.RetryInterval, (f, v) => f with { RetryInterval = v },
            "Pause between a failed write and the next attempt."),
        .. SchemaKeys.For(File),
        .. SelectionKeys.For(File, "or, with `schema = telegraf`, of docs/telegraf.md", f => f.Choice, (f, v) => f with { Choice = v }),
    ];

    private static string? AccountProblem(string name) =>
        name.Any(character => char.IsWhiteSpace(character) || character is ':' or '/' or ',') || name.StartsWith('-') ? "this is not a valid account name" : null;
}
