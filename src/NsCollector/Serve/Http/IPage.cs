using Microsoft.AspNetCore.Http.Features;

namespace NsCollector.Serve.Http;

/// <summary>A page that is served under a path.</summary>
internal interface IPage
{
    /// <summary>Whether it is served without credentials.</summary>
    bool IsOpen { get; }

    /// <summary>Maximum length of the body of a POST to this path, in bytes; 0: POST is not served.</summary>
    int MaxBodyBytes(string path) => 0;

    /// <summary>Whether the answer is a stream, which may take longer than the time limit of an answer. The page limits how many there are.</summary>
    bool IsStream(IHttpRequestFeature request) => false;

    /// <summary>Answers a GET or HEAD request, or a POST if <see cref="MaxBodyBytes"/> permits it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">Status and headers, which are sent with the first byte of the body.</param>
    /// <param name="body">Receives the body; for HEAD, the body is discarded.</param>
    /// <param name="cancellation">Cancelled if the response takes too long and is not a stream, the client disconnects, or the agent stops.</param>
    Task Answer(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation);
}
