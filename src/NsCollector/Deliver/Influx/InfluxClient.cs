using System.Net.Http.Headers;

namespace NsCollector.Deliver.Influx;

/// <summary>The walking version: 1.x only.</summary>
internal sealed class InfluxClient(InfluxSinkOptions options, TimeProvider clock) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = options.Timeout };

    internal InfluxAnswer Write(ReadOnlyMemory<byte> body, bool isGzip, Func<ReadOnlyMemory<byte>> lines, CancellationToken stop)
    {
        _ = lines;
        _ = clock;
        using HttpRequestMessage request = new(HttpMethod.Post, options.Url + "/write?precision=ns&db=" + Uri.EscapeDataString(options.Database));
        request.Content = new ReadOnlyMemoryContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/plain", "utf-8");
        if (isGzip) request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.ExpectContinue = options.ExpectContinue;
        try
        {
            using HttpResponseMessage response = _http.SendAsync(request, stop).GetAwaiter().GetResult();
            int status = (int)response.StatusCode;
            return new InfluxAnswer { Kind = status is 204 or 200 ? AnswerKind.Taken : status == 404 ? AnswerKind.NotFound : AnswerKind.ServerFailed, Status = status };
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return new InfluxAnswer { Kind = stop.IsCancellationRequested ? AnswerKind.Cancelled : AnswerKind.Unreachable };
        }
    }

    internal InfluxAnswer CreateDatabase(CancellationToken stop) => new() { Kind = stop.IsCancellationRequested ? AnswerKind.Cancelled : AnswerKind.ServerFailed };

    internal void Reload()
    {
    }

    public void Dispose() => _http.Dispose();
}
