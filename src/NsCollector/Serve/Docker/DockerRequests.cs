using System.Collections.Immutable;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using NsCollector.Serve.Http;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Docker;

/// <summary>Answers the requests to Docker's API: checks method and version, finds the endpoint, and limits the time.</summary>
/// <param name="routes">The paths that are answered.</param>
/// <param name="server">The header Server.</param>
/// <param name="responseTimeout">Maximum time to answer a request.</param>
/// <param name="counters">Counts failed responses.</param>
/// <param name="log">Logs defects.</param>
/// <param name="stopping">Cancelled when the agent stops.</param>
/// <param name="maxBlocking">Maximum requests that read files at the same time.</param>
internal sealed class DockerRequests(
    ImmutableArray<DockerRoute> routes, string server, TimeSpan responseTimeout, AgentCounters counters, RateLimitedLog log, CancellationToken stopping,
    int maxBlocking = DockerRequests.MaxBlocking)
    : IHttpApplication<IFeatureCollection>
{
    private const string ReadOnly = "this API of NsCollector is read only: it cannot change containers; use the socket of the runtime that owns them";

    /// <summary>Maximum requests that read files at the same time. Each may block a thread of the pool that all servers and sinks share.</summary>
    internal const int MaxBlocking = 8;

    private readonly SemaphoreSlim _blocking = new(maxBlocking);

    /// <inheritdoc/>
    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    /// <inheritdoc/>
    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        IHttpRequestFeature request = context.GetRequiredFeature<IHttpRequestFeature>();
        IHttpResponseFeature head = context.GetRequiredFeature<IHttpResponseFeature>();
        IHttpResponseBodyFeature body = context.GetRequiredFeature<IHttpResponseBodyFeature>();
        IHttpRequestLifetimeFeature lifetime = context.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(lifetime.RequestAborted, stopping);
        timeout.CancelAfter(responseTimeout);

        // Aborting, as below, also cancels the token of the client's disconnection.
        bool hasDisconnected = false;
        using CancellationTokenRegistration disconnected = lifetime.RequestAborted.UnsafeRegister(_ => hasDisconnected |= !timeout.IsCancellationRequested, null);
        using CancellationTokenRegistration abort = timeout.Token.UnsafeRegister(static state => ((IHttpRequestLifetimeFeature)state!).Abort(), lifetime);
        try
        {
            await Answer(request, new DockerResponse(head, body.Writer) { Deadline = timeout, Timeout = responseTimeout }, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionResetException)
        {
            // A client ends a stream by disconnecting. Only a timeout is an error.
            if (!hasDisconnected && !stopping.IsCancellationRequested) counters.Add(AgentCounter.DockerApiErrors);
            lifetime.Abort();
        }
        catch (Exception e)
        {
            counters.Add(AgentCounter.DockerApiErrors);
            lifetime.Abort();
            log.Error("docker api defect", $"Cannot answer {request.Path} of Docker's API: {e.GetType().Name}. This is a defect of the agent.");
        }
    }

    private async Task Answer(IHttpRequestFeature request, DockerResponse response, CancellationToken cancellation)
    {
        response.Head.Headers["Api-Version"] = ApiVersion.Max;
        response.Head.Headers["Ostype"] = "linux";
        response.Head.Headers.Server = server;

        // A body is never read. Clients get the reason before they have sent it.
        if (request.Method is not ("GET" or "HEAD"))
        {
            await response.Refuse(403, ReadOnly, cancellation).ConfigureAwait(false);
            return;
        }

        string path = ApiVersion.Split(Clean(request.Path), out string? version);
        if (Find(path, request.Method, out string reference) is not { } route)
        {
            await response.Refuse(404, "page not found", cancellation).ConfigureAwait(false);
            return;
        }

        if (ApiVersion.Agree(version, out int minor) is { } refusal)
        {
            await response.Refuse(400, refusal, cancellation).ConfigureAwait(false);
            return;
        }

        response.Head.Headers["Docker-Experimental"] = "false";
        await Answer(route, new DockerRequest(minor, reference, new RequestQuery(request.QueryString)), response, cancellation).ConfigureAwait(false);
    }

    private async Task Answer(DockerRoute route, DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        if (!route.MayBlock)
        {
            await route.Endpoint.Answer(request, response, cancellation).ConfigureAwait(false);
            return;
        }

        if (!await _blocking.WaitAsync(responseTimeout / 2, cancellation).ConfigureAwait(false))
        {
            counters.Add(AgentCounter.DockerApiErrors);
            await response.Refuse(503, $"{maxBlocking} other requests are waiting for files of the host or of containers; a disk or a process may hang", cancellation).ConfigureAwait(false);
            return;
        }

        // An endpoint reads files before it first waits for the client. So a slow client does not occupy a slot.
        Task answer;
        try
        {
            answer = route.Endpoint.Answer(request, response, cancellation);
        }
        finally
        {
            _blocking.Release();
        }

        await answer.ConfigureAwait(false);
    }

    // Clients put names with their slash into paths: /containers//web/json. dockerd redirects them to the path with one slash.
    private static string Clean(string path)
    {
        while (path.Contains("//", StringComparison.Ordinal)) path = path.Replace("//", "/", StringComparison.Ordinal);
        return path;
    }

    private DockerRoute? Find(string path, string method, out string reference)
    {
        reference = "";
        foreach (DockerRoute route in routes)
        {
            if (route.Matches(path, out reference) && (method == "GET" || route.AllowsHead)) return route;
        }

        return null;
    }
}
