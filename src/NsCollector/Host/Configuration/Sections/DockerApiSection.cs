using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;
using NsCollector.Serve.Docker;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[docker_api]</c>.</summary>
internal static class DockerApiSection
{
    internal static ConfigurationSection Section { get; } = new("docker_api", false,
        "Serves Docker's API, read only, for the containers of all runtimes: `docker -H unix:///run/nscollector/docker.sock ps`. Without `listen`, the agent does not listen, and the API costs nothing.");

    private static readonly SectionKeys<DockerApiOptions> Api = new(Section, (draft, _) => draft.DockerApi, (draft, _, options) => draft.DockerApi = options);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Api.Key("listen", new SocketListenValue(), a => a.Listen, (a, v) => a with { Listen = v },
            "Unix sockets to listen on. Root and one group may connect.", "none", "unix:/run/nscollector/docker.sock"),
        Api.Text("socket_group", new TextValue("the name of a group", 32), (a, v) => a with { SocketGroup = v },
            "Group that may connect, in addition to root and the agent's user. The agent must be a member.", "the agent's own group", "docker"),
        Api.Key("environment", new SwitchValue(), a => a.Environment, (a, v) => a with { Environment = v },
            "Show the environment variables of containers in `inspect`. They often contain secrets."),
        Api.Key("max_connections", new IntegerValue(1, 100_000), a => a.MaxConnections, (a, v) => a with { MaxConnections = v },
            "Maximum connections at the same time. Further ones are closed immediately."),
        Api.Key("max_streams", new IntegerValue(1, 100_000), a => a.MaxStreams, (a, v) => a with { MaxStreams = v },
            "Maximum streams of `stats` and `events` at the same time; `docker stats` opens one for each container. Further ones get the status 503. It must be less than `max_connections`."),
        Api.Key("response_timeout", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)), a => a.ResponseTimeout, (a, v) => a with { ResponseTimeout = v },
            "Maximum time to answer a request, or to write one message of a stream. After that, the connection is closed."),
        Api.Key("events_kept", new IntegerValue(1, 1_000_000), a => a.EventsKept, (a, v) => a with { EventsKept = v },
            "How many of the last events are kept for `events --since`, and for clients that read slowly."),
    ];
}
