using Microsoft.AspNetCore.Http.Features;

namespace NsCollector.Serve.Http;

/// <summary>Responds with 200 if there is no problem, else with 503 and the reason.</summary>
/// <param name="problem">Returns the problem, or null. Called from any thread.</param>
internal sealed class HealthPage(Func<string?> problem) : IPage
{
    /// <inheritdoc/>
    public bool IsOpen => true;

    /// <inheritdoc/>
    public Task Answer(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation)
    {
        string? what = problem();
        return PlainText.Write(request, response, body, what is null ? 200 : 503, what ?? "ok", cancellation);
    }
}
