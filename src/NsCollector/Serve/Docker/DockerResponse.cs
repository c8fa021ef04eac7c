using System.Buffers;
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
    // A long answer is sent in parts of about this size.
    private const int PartBytes = 32 << 10;

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.Default, SkipValidation = false };

    /// <summary>Cancels the response when <see cref="Timeout"/> is over; null in tests.</summary>
    internal CancellationTokenSource? Deadline { get; init; }

    /// <summary>Maximum time to answer, and to write one message of a stream.</summary>
    internal TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;

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
        await WriteLine(write, cancellation).ConfigureAwait(false);
    }

    /// <summary>Answers with the reason of a refusal.</summary>
    internal Task Refuse(DockerRefusal refusal, CancellationToken cancellation) => Refuse(refusal.Status, refusal.Message, cancellation);

    /// <summary>Answers with a JSON array in parts: a client that does not read costs one part, and not the whole array.</summary>
    /// <param name="elements">The elements.</param>
    /// <param name="write">Writes one of them.</param>
    /// <param name="cancellation">Cancels the response.</param>
    internal async Task SendArray<T>(IEnumerable<T> elements, Action<Utf8JsonWriter, T> write, CancellationToken cancellation)
    {
        response.Headers.ContentType = "application/json";
        await using (var writer = new Utf8JsonWriter(body, Json))
        {
            long sent = 0;
            writer.WriteStartArray();
            foreach (T element in elements)
            {
                write(writer, element);
                if (writer.BytesCommitted + writer.BytesPending - sent < PartBytes) continue;
                await writer.FlushAsync(cancellation).ConfigureAwait(false);
                await body.FlushAsync(cancellation).ConfigureAwait(false);
                sent = writer.BytesCommitted;
            }

            writer.WriteEndArray();
        }

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

    /// <summary>Begins a stream: sends the headers. From now on <see cref="Timeout"/> is for each message.</summary>
    /// <param name="cancellation">Cancels the response.</param>
    internal async Task BeginStream(CancellationToken cancellation)
    {
        response.Headers.ContentType = "application/json";
        await body.FlushAsync(cancellation).ConfigureAwait(false);
        Deadline?.CancelAfter(System.Threading.Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends one message of a stream: a JSON value on a line of its own.</summary>
    /// <param name="write">Writes one value.</param>
    /// <param name="cancellation">Cancels the response.</param>
    internal async Task SendMessage(Action<Utf8JsonWriter> write, CancellationToken cancellation)
    {
        Deadline?.CancelAfter(Timeout);
        await WriteLine(write, cancellation).ConfigureAwait(false);
        Deadline?.CancelAfter(System.Threading.Timeout.InfiniteTimeSpan);
    }

    // In one chunk, as dockerd: docker-py takes a line break of its own for the next value.
    private async Task WriteLine(Action<Utf8JsonWriter> write, CancellationToken cancellation)
    {
        await using (var writer = new Utf8JsonWriter(body, Json)) write(writer);
        body.Write("\n"u8);
        await body.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
