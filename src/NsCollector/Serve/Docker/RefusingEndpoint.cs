namespace NsCollector.Serve.Docker;

/// <summary>A path of Docker's API that is not answered, with the reason.</summary>
/// <param name="status">The status: 501 if this API never answers it, 503 if a daemon outside a swarm does not either.</param>
/// <param name="message">The reason.</param>
internal sealed class RefusingEndpoint(int status, string message) : IDockerEndpoint
{
    /// <summary>For paths that this API never answers.</summary>
    /// <param name="what">What they are about.</param>
    internal static RefusingEndpoint NotImplemented(string what) => new(501, $"{what} is not implemented by this API of NsCollector");

    /// <summary>For paths of swarms, in dockerd's words.</summary>
    internal static RefusingEndpoint NoSwarm { get; } = new(503,
        "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.");

    /// <inheritdoc/>
    public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation) => response.Refuse(status, message, cancellation);
}
