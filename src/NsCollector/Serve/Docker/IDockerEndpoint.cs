namespace NsCollector.Serve.Docker;

/// <summary>Answers the GET and HEAD requests of one path of Docker's API.</summary>
internal interface IDockerEndpoint
{
    /// <summary>Answers a request, with its status, headers and body.</summary>
    /// <param name="request">Path without the version, the values of its variable segments, and the query. Hostile.</param>
    /// <param name="response">Receives the answer, or an error in Docker's JSON form.</param>
    /// <param name="cancellation">Cancelled if the response takes too long, the client disconnects, or the agent stops.</param>
    Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation);
}
