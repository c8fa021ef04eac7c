using System.Collections.Immutable;
using NsCollector.Serve.Http;

namespace NsCollector.Serve.Docker;

/// <summary>The options of the section <c>[docker_api]</c>.</summary>
internal sealed record DockerApiOptions
{
    /// <summary>The unix sockets: <c>unix:/run/nscollector/docker.sock</c>. Empty: nothing listens.</summary>
    public ImmutableArray<ListenAddress> Listen { get; init; } = [];

    /// <summary>The group that may connect, in addition to root; empty for the agent's own group.</summary>
    public string SocketGroup { get; init; } = "";

    /// <summary>Whether inspect shows the environment variables of containers, which often contain secrets.</summary>
    public bool Environment { get; init; }

    /// <summary>Maximum connections at the same time. Further ones are closed immediately.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Maximum streams of stats and events at the same time; each has a connection. Further ones get the status 503.</summary>
    public int MaxStreams { get; init; } = 768;

    /// <summary>Maximum time to answer a request, or to write one message of a stream. After that, the connection is closed.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many of the last events are kept for clients that ask for past events, or read slowly.</summary>
    public int EventsKept { get; init; } = 1000;
}
