using Microsoft.AspNetCore.Http.Features;

namespace NsCollector.Serve.Http;

/// <summary>Responds with 200 if there is no problem, else with 503 and the reason.</summary>
/// <param name="problem">Returns the problem, or null. Called from any thread.</param>
internal sealed class HealthPage(Func<string?> problem) : IPage
{
    /// <inheritdoc/>
    public bool IsOpen => true;

    /// <inheritdoc/>
    public async Task Answer(IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, CancellationToken cancellation)
    {
        string? what = problem();
        byte[] text = System.Text.Encoding.UTF8.GetBytes((what ?? "ok") + "\n");
        response.StatusCode = what is null ? 200 : 503;
        response.Headers.ContentType = "text/plain; charset=utf-8";
        response.Headers.ContentLength = text.Length;
        if (request.Method == "HEAD") return;
        await body.Writer.WriteAsync(text, cancellation).ConfigureAwait(false);
    }
}
