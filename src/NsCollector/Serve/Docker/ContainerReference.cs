namespace NsCollector.Serve.Docker;

/// <summary>Finds the container of a request, or answers with dockerd's error.</summary>
internal static class ContainerReference
{
    /// <summary>Finds the container that the request refers to.</summary>
    /// <param name="containers">The containers.</param>
    /// <param name="request">The request.</param>
    /// <param name="response">Receives the error if there is none, or more than one.</param>
    /// <param name="cancellation">Cancels the response.</param>
    /// <returns>Null if the request was answered.</returns>
    internal static async Task<DockerContainer?> Find(IDockerContainers containers, DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        DockerContainerMatch match = containers.Find(request.Reference);
        if (match.Container is { } found) return found;
        if (match.IsAmbiguous) await response.Refuse(400, $"multiple IDs found with provided prefix: {request.Reference}", cancellation).ConfigureAwait(false);
        else await response.Refuse(404, $"No such container: {request.Reference}", cancellation).ConfigureAwait(false);
        return null;
    }
}
