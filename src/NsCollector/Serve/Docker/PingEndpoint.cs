namespace NsCollector.Serve.Docker;

/// <summary>/_ping: clients learn the newest version of the API from its headers.</summary>
internal sealed class PingEndpoint : IDockerEndpoint
{
    /// <inheritdoc/>
    public async Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        response.Head.Headers.CacheControl = "no-cache, no-store, must-revalidate";
        response.Head.Headers.Pragma = "no-cache";
        response.Head.Headers.ContentType = "text/plain; charset=utf-8";

        // dockerd sends no length with HEAD, as its clients expect.
        await response.Body.WriteAsync("OK"u8.ToArray(), cancellation).ConfigureAwait(false);
    }
}
