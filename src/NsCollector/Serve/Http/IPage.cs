using Microsoft.AspNetCore.Http.Features;

namespace NsCollector.Serve.Http;

/// <summary>A page that is served under a path.</summary>
internal interface IPage
{
    /// <summary>Whether it is served without credentials.</summary>
    bool IsOpen { get; }

    /// <summary>Answers a GET or HEAD request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">Status and headers, which are sent with the first byte of the body.</param>
    /// <param name="body">Receives the body; for HEAD, the body is discarded.</param>
    /// <param name="cancellation">Cancelled if the response takes too long, the client disconnects, or the agent stops.</param>
    Task Answer(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation);
}
