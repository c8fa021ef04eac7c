using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;
using NsCollector.Serve.Http;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[http]</c>.</summary>
internal static class HttpSection
{
    internal static ConfigurationSection Section { get; } = new("http", false,
        "Serves a Prometheus page at /metrics, and /healthz and /readyz for probes. Without `listen`, the agent does not listen, and the page costs nothing.");

    private static readonly SectionKeys<HttpOptions> Http = new(Section, (draft, _) => draft.Http, (draft, _, options) => draft.Http = options);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Http.Key("listen", new ListenValue(), h => h.Listen, (h, v) => h with { Listen = v },
            "Addresses to listen on. An address that other hosts can reach needs credentials, TLS, or `insecure = on`.", "none", "127.0.0.1:9469"),
        Http.Key("insecure", new SwitchValue(), h => h.Insecure, (h, v) => h with { Insecure = v },
            "Serve all clients that can connect, without credentials and TLS. The agent logs a warning."),
        File("token_file", (h, v) => h with { TokenFile = v },
            "File with the bearer token that clients must send. Other users must not be able to read it.", "/etc/nscollector/scrape.token"),
        Http.Text("user", new TextValue("a name of at most 255 characters, without a colon", 255, UserProblem), (h, v) => h with { User = v },
            "User name for basic authentication. The password is in `password_file`.", "none", "prometheus"),
        File("password_file", (h, v) => h with { PasswordFile = v },
            "File with the user's password. Other users must not be able to read it.", "/etc/nscollector/scrape.password"),
        File("tls_certificate_file", (h, v) => h with { TlsCertificateFile = v },
            "PEM file with the server's certificate and its chain. Connections are then encrypted.", "/etc/nscollector/server.pem"),
        File("tls_key_file", (h, v) => h with { TlsKeyFile = v },
            "PEM file with the key of the certificate. Other users must not be able to read it.", "/etc/nscollector/server.key"),
        Http.Key("max_connections", new IntegerValue(1, 100_000), h => h.MaxConnections, (h, v) => h with { MaxConnections = v },
            "Maximum connections at the same time. Further ones are closed immediately."),
        Http.Key("response_timeout", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)), h => h.ResponseTimeout, (h, v) => h with { ResponseTimeout = v },
            "Maximum time to answer a request. After that, the connection is closed."),
        Http.Text("socket_group", new TextValue("the name of a group", 32), (h, v) => h with { SocketGroup = v },
            "Group that may connect to unix sockets, in addition to root and the agent's user. The agent must be a member.", "the agent's own group", "docker"),
        Http.Key("exits_kept", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), zeroAllowed: true), h => h.ExitsKept, (h, v) => h with { ExitsKept = v },
            "How long the page shows the exit code, the exit reason and the final totals of a container that has exited. At most the last 1,000 exits are shown; with `0`, none."),
        Http.Key("parents", new SwitchValue(), h => h.Parents, (h, v) => h with { Parents = v },
            "Also show the cgroups that contain containers, as cAdvisor does: the root (`id=\"/\"`), slices, pods. Each costs about as much as a container."),
        Http.Key("max_parents", new IntegerValue(1, 1_000_000), h => h.MaxParents, (h, v) => h with { MaxParents = v },
            "Maximum cgroups that `parents` shows. Further ones are left out, and `parents_over_limit` counts them."),
        Http.Key("host_names", new ChoiceValue<HostNames>(("own", HostNames.Own), ("node", HostNames.Node)), h => h.HostNames, (h, v) => h with { HostNames = v },
            "Names of the host's series: `own` (`host_memory_free_bytes`), or `node` for those of node_exporter (`node_memory_MemFree_bytes`). `node_cpu_seconds_total` also needs `host.cpu_cores = on`."),
        Http.Key("timestamps", new SwitchValue(), h => h.Timestamps, (h, v) => h with { Timestamps = v },
            "Write the time of the reading with each sample, except for `container_spec_*`, `container_start_time_seconds` and `container_creation_time_seconds`, as cAdvisor does. Prometheus then shows a container for five minutes after its exit, unless its configuration has `track_timestamps_staleness`."),
        .. SelectionKeys.For(Http, "or of the series on the page", h => h.Choice, (h, v) => h with { Choice = v }),
        Http.Key("cadvisor_api", new SwitchValue(), h => h.CadvisorApi, (h, v) => h with { CadvisorApi = v },
            "Also serve the REST API of cAdvisor, below /api/: v1.0 to v1.3, v2.0 and v2.1. It shows names, images, labels, limits and events of all containers."),
        Http.Key("history", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromHours(24), zeroAllowed: true), h => h.History, (h, v) => h with { History = v },
            "How long samples are kept in memory for `cadvisor_api`. With `0`, only the last samples are shown."),
        Http.Key("history_memory", new SizeValue(256 << 10, 1L << 30), h => h.HistoryMemoryBytes, (h, v) => h with { HistoryMemoryBytes = v },
            "Maximum memory for `history`, in steps of 256 KiB. When it is full, the oldest samples are dropped and counted (`history_over_limit`). A sample takes about 200 to 400 bytes."),
    ];

    private static ConfigurationKey<string> File(string name, Func<HttpOptions, string, HttpOptions> set, string help, string example) =>
        Http.Text(name, new TextValue("the absolute path of a file, or the name of one in /etc/nscollector/credentials", 4095, PathProblem.OfCredential),
            set, help, "none", example, namesSecretFile: true);

    // RFC 7617: basic authentication separates user and password by a colon.
    private static string? UserProblem(string text) => text.Contains(':', StringComparison.Ordinal) ? "a user name cannot contain a colon" : null;
}
