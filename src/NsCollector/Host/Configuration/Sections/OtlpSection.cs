using System.Collections.Immutable;
using NsCollector.Deliver.Otlp;
using NsCollector.Encode.Otlp;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The sections <c>[otlp:NAME]</c>.</summary>
internal static class OtlpSection
{
    internal static ConfigurationSection Section { get; } = new("otlp", true,
        "A server to which metrics are posted by the OpenTelemetry protocol (OTLP/HTTP with protobuf): the OpenTelemetry Collector, Prometheus, VictoriaMetrics and others. " +
        "There may be several of these sections, each with its own NAME. Each sink has its own queue and spool. docs/opentelemetry.md has the names of the metrics. " +
        "Keep secrets in files of their own, as for `[influx:NAME]`.")
        {
            NewSink = (name, _) => new OtlpSinkOptions { Name = name },
            NameProblem = InfluxSinkRules.NameProblem,
        };

    private static readonly SectionKeys<OtlpSinkOptions> Otlp = new(Section,
        (draft, sink) => (OtlpSinkOptions)draft.Sink(Section, sink), (draft, sink, options) => draft.SetSink(Section, sink, options));

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Otlp.Text("url", new TextValue("a URL such as http://HOST:4318 or https://HOST/PATH", 2048, InfluxSinkRules.UrlProblem), (o, v) => o with { Url = v },
            "The address at which the server accepts metrics. A URL without a path gets the path /v1/metrics. No user, password or query.",
            "none; it must be set", "http://localhost:4318/v1/metrics"),
        Otlp.Key("temporality", new ChoiceValue<OtlpTemporality>(("cumulative", OtlpTemporality.Cumulative), ("delta", OtlpTemporality.Delta)), o => o.Temporality, (o, v) => o with { Temporality = v },
            "What a point of a counter contains: everything since the counter began (`cumulative`), or what was added since the previous point (`delta`). Prometheus and VictoriaMetrics need `cumulative`."),
        Otlp.Key("max_request_size", new SizeValue(64 << 10, 64 << 20), o => o.MaxRequestBytes, (o, v) => o with { MaxRequestBytes = (int)v },
            "Maximum size of a request before compression. Must hold at least one batch. A cycle is divided into as many requests as necessary."),
        new PrefixKey
        {
            Section = Section, Name = "header.NAME", Prefix = "header.", MayBeSecret = true, ValueExpected = "printable ASCII text of at most 4096 characters",
            Help = "Adds the header NAME with this value to every request. For a secret, use `header_file.NAME`.",
            DefaultInWords = "none", Example = "1",
            Problem = OtlpHeaders.Problem,
            Set = (draft, sink, name, value) => Otlp.Change(draft, sink, o => o with { HeaderValues = OtlpHeaders.Add(o.HeaderValues, name, value) }),
        },
        new PrefixKey
        {
            Section = Section, Name = "header_file.NAME", Prefix = "header_file.", NamesSecretFile = true,
            ValueExpected = "the absolute path of a file, or the name of one in /etc/nscollector/credentials",
            Help = "Adds the header NAME to every request, with the first line of this file as its value. Other users must not be able to read the file.",
            DefaultInWords = "none", Example = "/etc/nscollector/otlp.header",
            Problem = static (name, path) => OtlpHeaders.Problem(name, "") ?? PathProblem.OfCredential(path),
            Set = (draft, sink, name, path) => Otlp.Change(draft, sink, o => o with { HeaderValueFiles = OtlpHeaders.Add(o.HeaderValueFiles, name, path) }),
        },
        Otlp.Text("user", new TextValue("a name of at most 255 characters, without a colon", 255, static text => text.Contains(':', StringComparison.Ordinal) ? "a user name cannot contain a colon" : null), (o, v) => o with { User = v },
            "The user (HTTP basic authentication). The password is in `password_file`.", "none", "telemetry"),
        HttpSinkKeys.File(Otlp, "password_file", (o, v) => o with { PasswordFile = v },
            "The file with the user's password. Other users must not be able to read it.", "none", "/etc/nscollector/otlp.password"),
        HttpSinkKeys.File(Otlp, "token_file", (o, v) => o with { TokenFile = v },
            "The file with the token, which is sent as `Authorization: Bearer TOKEN`. Other users must not be able to read it.", "none", "/etc/nscollector/otlp.token"),
        Otlp.Text("unix_socket", new TextValue("the absolute path of a socket", 107, PathProblem.OfSocket), (o, v) => o with { UnixSocket = v },
            "A unix socket to connect to instead of the host and port of the `url`.", "none", "/run/otelcol/otlp.sock"),
        .. HttpSinkKeys.Of(Otlp, "metrics", "the token"),
        .. SelectionKeys.For(Otlp, "or docs/opentelemetry.md", o => o.Choice, (o, v) => o with { Choice = v }),
    ];
}
