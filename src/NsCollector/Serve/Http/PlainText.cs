using Microsoft.AspNetCore.Http.Features;

namespace NsCollector.Serve.Http;

/// <summary>A response with a line of text.</summary>
internal static class PlainText
{
    /// <summary>Writes it; with HEAD, only its headers.</summary>
    internal static async Task Write(
        IHttpRequestFeature request, IHttpResponseFeature response, IHttpResponseBodyFeature body, int status, string line, CancellationToken cancellation = default)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(line + "\n");
        response.StatusCode = status;
        response.Headers.ContentType = "text/plain; charset=utf-8";
        response.Headers.ContentLength = text.Length;
        if (request.Method == "HEAD") await body.StartAsync(cancellation).ConfigureAwait(false);
        else await body.Writer.WriteAsync(text, cancellation).ConfigureAwait(false);
    }
}
