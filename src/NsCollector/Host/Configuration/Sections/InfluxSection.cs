using System.Collections.Immutable;
using NsCollector.Deliver.Influx;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The sections <c>[influx:NAME]</c>.</summary>
internal static class InfluxSection
{
    internal static ConfigurationSection Section { get; } = new("influx", true,
        "A server to which lines are posted: InfluxDB 1.x, 2.x or 3.x, or a server that accepts the same requests (VictoriaMetrics, vmagent, Telegraf). " +
        "There may be several of these sections, each with its own NAME. Each sink has its own queue and spool, so that none waits for another. " +
        "Keep secrets in files of their own that other users cannot read. For a file in /etc/nscollector/credentials, which the unit passes on with `LoadCredential=`, give the plain name; for any other file, the absolute path.")
        {
            NewSink = (name, _) => new InfluxSinkOptions { Name = name },
            NameProblem = InfluxSinkRules.NameProblem,
        };

    private static readonly SectionKeys<InfluxSinkOptions> Influx = new(Section,
        (draft, sink) => (InfluxSinkOptions)draft.Sink(Section, sink), (draft, sink, options) => draft.SetSink(Section, sink, options));

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Influx.Text("url", new TextValue("a URL such as http://HOST:PORT or https://HOST:PORT/PATH", 2048, InfluxSinkRules.UrlProblem), (i, v) => i with { Url = v },
            "The server, optionally with a path in front of the path of the write interface (`https://example/influx`). No user, password or query.",
            "none; it must be set", "http://localhost:8086"),
        Influx.Key("version", new ChoiceValue<InfluxVersion>(("1", InfluxVersion.V1), ("2", InfluxVersion.V2), ("3", InfluxVersion.V3)), i => i.Version, (i, v) => i with { Version = v },
            "The write interface: `1` is /write, `2` is /api/v2/write, `3` is /api/v3/write_lp. VictoriaMetrics, vmagent and Telegraf accept `1` or `2`."),
        Influx.Text("database", new TextValue("a name of at most 255 characters", 255), (i, v) => i with { Database = v },
            "Versions 1 and 3: the database.", "none; versions 1 and 3 need it", "telemetry"),
        Influx.Text("retention_policy", new TextValue("a name of at most 255 characters", 255), (i, v) => i with { RetentionPolicy = v },
            "Version 1: the retention policy.", "the database's own", "autogen"),
        Influx.Text("consistency", new TextValue("one of any, one, quorum, all", 16, ConsistencyProblem), (i, v) => i with { Consistency = v.ToLowerInvariant() },
            "Version 1: how many nodes of a cluster must store a write before it succeeds.", "the server's own", "one"),
        Influx.Key("create_database", new SwitchValue(), i => i.CreateDatabase, (i, v) => i with { CreateDatabase = v },
            "Version 1: create the database if the server reports that it does not exist. The user needs the privilege to do so."),
        Influx.Text("org", new TextValue("a name or id of at most 255 characters", 255), (i, v) => i with { Organisation = v },
            "Version 2: the organisation, by name or id.", "none; version 2 needs it", "example"),
        Influx.Text("bucket", new TextValue("a name of at most 255 characters", 255), (i, v) => i with { Bucket = v },
            "Version 2: the bucket.", "none; version 2 needs it", "telemetry"),
        Influx.Key("accept_partial", new SwitchValue(), i => i.AcceptPartial, (i, v) => i with { AcceptPartial = v },
            "Version 3: store the valid lines of a batch even if others are invalid."),
        Influx.Key("no_sync", new SwitchValue(), i => i.NoSync, (i, v) => i with { NoSync = v },
            "Version 3: let the server answer before the lines are safe on its disk. With `on`, lines are lost if the server crashes right after it answered."),
        Influx.Text("user", new TextValue("a name of at most 255 characters, without a colon", 255, UserProblem), (i, v) => i with { User = v },
            "Version 1: the user. The password is in `password_file`.", "none", "nscollector"),
        File("password_file", (i, v) => i with { PasswordFile = v },
            "Version 1: the file with the user's password. Other users must not be able to read it.", "none", "/etc/nscollector/influx.password"),
        File("token_file", (i, v) => i with { TokenFile = v },
            "The file with the token. Other users must not be able to read it.", "none", "/etc/nscollector/influx.token"),
        Influx.Text("unix_socket", new TextValue("the absolute path of a socket", 107, PathProblem.OfSocket), (i, v) => i with { UnixSocket = v },
            "A unix socket to connect to instead of the host and port of the `url`.", "none", "/run/telegraf/influx.sock"),
        .. HttpSinkKeys.Of(Influx, "lines", "the token"),
        Influx.Text("refused_file", new TextValue("the path of a file", 4095, text => text == "-" ? "standard output is not a file" : PathProblem.OfFile(text)), (i, v) => i with { RefusedFile = v },
            "The file for lines that the server refuses permanently, each below a comment with the reason. Two sinks cannot share a file.",
            "`NAME.refused.lp` in the directory of the spool", "/var/log/nscollector/refused.lp"),
        Influx.Key("refused_file_size", new SizeValue(256 << 10, 16L << 40), i => i.RefusedFileBytes, (i, v) => i with { RefusedFileBytes = v },
            "Maximum size of that file and its predecessor (`.1`) together. Each gets half."),
        .. SchemaKeys.For(Influx),
        .. SelectionKeys.For(Influx, "or, with `schema = telegraf`, of docs/telegraf.md", i => i.Choice, (i, v) => i with { Choice = v }),
    ];

    private static ConfigurationKey<string> File(
        string name, Func<InfluxSinkOptions, string, InfluxSinkOptions> set, string help, string defaultInWords, string example) =>
        HttpSinkKeys.File(Influx, name, set, help, defaultInWords, example);

    private static string? ConsistencyProblem(string text) => text.ToLowerInvariant() is "any" or "one" or "quorum" or "all" ? null : "unknown consistency level";

    // RFC 7617: basic authentication separates user and password by a colon.
    private static string? UserProblem(string text) => text.Contains(':', StringComparison.Ordinal) ? "a user name cannot contain a colon" : null;
}
