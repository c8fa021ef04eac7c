using Microsoft.AspNetCore.Http.Features;

namespace NsCollector.Serve.Http;

/// <summary>What is served under a path.</summary>
internal interface IPage
{
    /// <summary>Whether it is served without credentials.</summary>
    bool IsOpen { get; }

    /// <summary>Answers a GET or HEAD request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">Status and headers, which are sent with the first byte of the body.</param>
    /// <param name="body">Receives the body; for HEAD what is written is discarded.</param>
    /// <param name="cancellation">The answer takes too long, the client has gone, or the agent stops.</param>
    Task Answer(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation);
}
