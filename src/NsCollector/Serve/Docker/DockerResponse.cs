using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace NsCollector.Serve.Docker;

/// <summary>The answer to a request to Docker's API.</summary>
/// <param name="response">Status and headers.</param>
/// <param name="body">Receives the body.</param>
internal sealed class DockerResponse(IHttpResponseFeature response, PipeWriter body)
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.Default, SkipValidation = false };

    /// <summary>Receives the body of a stream.</summary>
    internal PipeWriter Body => body;

    /// <summary>Status and headers.</summary>
    internal IHttpResponseFeature Head => response;

    /// <summary>Answers with a JSON text.</summary>
    /// <param name="write">Writes one value.</param>
    /// <param name="cancellation">Cancels the response.</param>
    internal async Task Send(Action<Utf8JsonWriter> write, CancellationToken cancellation)
    {
        response.Headers.ContentType = "application/json";
        await using (var writer = new Utf8JsonWriter(body, Json)) write(writer);
        await body.WriteAsync("\n"u8.ToArray(), cancellation).ConfigureAwait(false);
    }

    /// <summary>Answers with an error in Docker's form: <c>{"message":"…"}</c>.</summary>
    internal Task Refuse(int status, string message, CancellationToken cancellation)
    {
        response.StatusCode = status;
        return Send(
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("message", message);
                writer.WriteEndObject();
            },
            cancellation);
    }
}
