using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Http;

/// <summary>Checks method and credentials of each request, and finds its page.</summary>
/// <param name="pages">The pages by path. A path that ends with a slash has all paths below it, except those of other pages.</param>
/// <param name="credentials">The credentials that a request must have, unless the page needs none.</param>
/// <param name="responseTimeout">Maximum time to answer a request.</param>
/// <param name="connections">The open connections.</param>
/// <param name="counters">Counts failed responses.</param>
/// <param name="log">Logs defects.</param>
internal sealed class HttpRequests(
    FrozenDictionary<string, IPage> pages, Credentials credentials, TimeSpan responseTimeout, OpenConnections connections, AgentCounters counters, RateLimitedLog log)
    : IHttpApplication<IFeatureCollection>, IDisposable
{
    // The longest first.
    private readonly ImmutableArray<KeyValuePair<string, IPage>> _above = [.. pages.Where(page => page.Key.EndsWith('/')).OrderByDescending(page => page.Key.Length)];

    private readonly CancellationTokenSource _streams = new();

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
        IHttpResponseFeature response = context.GetRequiredFeature<IHttpResponseFeature>();
        IHttpResponseBodyFeature body = context.GetRequiredFeature<IHttpResponseBodyFeature>();
        response.Headers["X-Content-Type-Options"] = "nosniff";
        response.Headers.CacheControl = "no-store";
        if (connections.IsCrowded) response.Headers.Connection = "close";
        if (PageOf(request.Path) is not { } page)
        {
            // A client without credentials must not learn which paths exist.
            await (credentials.Accept(request.Headers.Authorization) ? PlainText.Write(request, response, body, 404, "no such page") : Challenge(request, response, body)).ConfigureAwait(false);
            return;
        }

        if (!page.IsOpen && !credentials.Accept(request.Headers.Authorization))
        {
            await Challenge(request, response, body).ConfigureAwait(false);
            return;
        }

        int maxBody = page.MaxBodyBytes(request.Path);
        if (request.Method is not ("GET" or "HEAD" or "POST") || (request.Method == "POST" && maxBody == 0))
        {
            response.Headers.Allow = maxBody > 0 ? "GET, HEAD, POST" : "GET, HEAD";
            await PlainText.Write(request, response, body, 405, maxBody > 0 ? "only GET, HEAD and POST are served" : "only GET and HEAD are served").ConfigureAwait(false);
            return;
        }

        // Of other requests, no body is read.
        if (request.Method == "POST") context.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = maxBody;

        IHttpRequestLifetimeFeature lifetime = context.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        bool isStream = page.IsStream(request);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(lifetime.RequestAborted, isStream ? _streams.Token : CancellationToken.None);
        if (!isStream) timeout.CancelAfter(responseTimeout);

        // A write that ignores the token, such as the last one of a compressor, ends with the connection.
        using CancellationTokenRegistration abort = timeout.Token.UnsafeRegister(static state => ((IHttpRequestLifetimeFeature)state!).Abort(), lifetime);
        try
        {
            await page.Answer(request, response, body, timeout.Token).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (!response.HasStarted)
        {
            // The body is too long, or its framing is malformed.
            counters.Add(AgentCounter.HttpErrors);
            await PlainText.Write(request, response, body, e.StatusCode, "the body of the request is too long or malformed").ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionResetException)
        {
            // A stream ends like that.
            if (!isStream) counters.Add(AgentCounter.HttpErrors);
            lifetime.Abort();
        }
        catch (Exception e)
        {
            counters.Add(AgentCounter.HttpErrors);
            lifetime.Abort();
            log.Error("http defect", $"Cannot answer {request.Path}: {e.GetType().Name}. This is a defect of the agent.");
        }
    }

    /// <summary>Ends all streams, which would otherwise last until the server gives up waiting for them.</summary>
    internal void EndStreams() => _streams.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _streams.Dispose();

    private IPage? PageOf(string path)
    {
        if (pages.TryGetValue(path, out IPage? page)) return page;
        foreach ((string above, IPage one) in _above)
        {
            if (path.StartsWith(above, StringComparison.Ordinal)) return one;
        }

        return null;
    }

    private Task Challenge(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body)
    {
        response.Headers.WWWAuthenticate = credentials.Challenge;

        // A client without credentials must not keep connections open.
        response.Headers.Connection = "close";
        return PlainText.Write(request, response, body, 401, "credentials are missing or wrong");
    }
}
