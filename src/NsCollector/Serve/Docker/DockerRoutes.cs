using System.Collections.Immutable;

namespace NsCollector.Serve.Docker;

/// <summary>The paths of Docker's API that are never answered.</summary>
internal static class DockerRoutes
{
    /// <summary>Those that the daemon has and this API has not.</summary>
    internal static ImmutableArray<DockerRoute> NotAnswered { get; } =
    [
        NotImplemented("logs", "/containers/*/logs"),
        NotImplemented("attach", "/containers/*/attach/ws"),
        NotImplemented("exec", "/exec/*/json"),
        NotImplemented("export", "/containers/*/export"),
        NotImplemented("archive", "/containers/*/archive"),
        NotImplemented("changes", "/containers/*/changes"),
        NotImplemented("image inspect", "/images/*/json"),
        NotImplemented("image history", "/images/*/history"),
        NotImplemented("image search", "/images/search"),
        NotImplemented("image export", "/images/get"),
        NotImplemented("image export", "/images/*/get"),
        NotImplemented("distribution", "/distribution/*/json"),
        NotImplemented("volumes", "/volumes"),
        NotImplemented("volumes", "/volumes/*"),
        NotImplemented("plugins", "/plugins"),
        NotImplemented("plugins", "/plugins/*/json"),
        .. ((string[])["/swarm", "/nodes", "/nodes/*", "/services", "/services/*", "/services/*/logs", "/tasks", "/tasks/*", "/tasks/*/logs", "/secrets", "/secrets/*", "/configs", "/configs/*"])
            .Select(path => new DockerRoute(path, RefusingEndpoint.NoSwarm)),
    ];

    private static DockerRoute NotImplemented(string what, string path) => new(path, RefusingEndpoint.NotImplemented(what));
}
