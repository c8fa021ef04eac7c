using System.Net;
using Microsoft.Extensions.Logging;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Spool;
using NsCollector.Encode.Otlp;

namespace NsCollector.Deliver.Otlp;

/// <summary>
/// Posts spool files to an OTLP server (opentelemetry.io/docs/specs/otlp, OTLP/HTTP). A file that is too large for the server is divided
/// between its resources. docs/decisions/0031-opentelemetry.md has the rules of what is sent again. Used on the sender's thread only.
/// </summary>
internal sealed partial class OtlpDelivery : ISpoolDelivery
{
    /// <summary>A larger body is tried after this many accepted ones.</summary>
    private const int TakenBeforeLarger = 64;

    private readonly string _name;
    private readonly OtlpSinkOptions _options;
    private readonly HttpTransport _transport;
    private readonly SinkCounters _counters;
    private readonly ILogger _logger;
    private readonly Outage _refusals;

    // Maximum uncompressed bytes of a body, learned from bodies that were too large.
    private int _maxBodyBytes = int.MaxValue;
    private int _takenSinceTooLarge;

    /// <param name="name">The sink's name, for messages.</param>
    /// <param name="options">The sink's section.</param>
    /// <param name="counters">Counts acknowledged points and refusals.</param>
    /// <param name="logger">Logs refusals, at most once a minute.</param>
    /// <param name="clock">The time.</param>
    /// <param name="proxy">In place of the environment's proxies; for tests.</param>
    internal OtlpDelivery(string name, OtlpSinkOptions options, SinkCounters counters, ILogger logger, TimeProvider clock, IWebProxy? proxy = null)
    {
        _name = name;
        _options = options;
        _counters = counters;
        _logger = logger;
        _transport = new HttpTransport(options, OtlpAnswerReader.Read, clock, proxy);
        _refusals = new Outage(clock);
    }

    /// <inheritdoc/>
    public void ForgetBodyLimit() => _maxBodyBytes = int.MaxValue;

    /// <inheritdoc/>
    public void Reload() => _transport.Reload();

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    /// <summary>Posts a request without a metric. The answer says whether the server accepts metrics.</summary>
    internal ServerAnswer SendNothing(CancellationToken stop) => Post(default, isGzip: false, stop);

    /// <inheritdoc/>
    public ServerAnswer? Send(SpoolEntry entry, ReadOnlyMemory<byte> compressed, CancellationToken stop, out bool isDamaged)
    {
        isDamaged = false;
        if (_options.Gzip && entry.AcknowledgedBytes == 0 && entry.Name.LineBytes <= _maxBodyBytes)
        {
            ServerAnswer answer = Post(compressed, isGzip: true, stop);
            if (IsFinal(answer))
            {
                Acknowledge(entry, answer, entry.Name.LineBytes, entry.Name.Points);
                return null;
            }

            if (answer.Kind != AnswerKind.TooLarge) return answer;
            _counters.Failed(SinkFailure.TooLarge);
            Shrink(entry.Name.LineBytes / 2);
        }

        byte[]? request = LinesGzip.Unpack(compressed, entry.Name.LineBytes);
        if (request is null || OtlpRequest.CountPoints(request) != entry.Name.Points)
        {
            isDamaged = true;
            return null;
        }

        return SendInPieces(entry, request, stop);
    }

    /// <inheritdoc/>
    public string? Remedy(AnswerKind kind) => kind switch
    {
        AnswerKind.Unauthorized => "Check token_file, user and password_file, or the headers; the agent reads the files again before each attempt",
        AnswerKind.RequestRefused => "Check url, and the server's log",
        AnswerKind.TooLarge => "Raise the limit of the server, or lower max_request_size",
        AnswerKind.NotADatabase => "Check that url is the address at which the server accepts OTLP metrics over HTTP, such as http://HOST:4318/v1/metrics",
        _ => null,
    };

    private static bool IsFinal(ServerAnswer answer) => answer.Kind is AnswerKind.Taken or AnswerKind.TakenInPart;

    private ServerAnswer? SendInPieces(SpoolEntry entry, byte[] request, CancellationToken stop)
    {
        using LinesGzip gzip = new();
        while (entry.AcknowledgedBytes < request.Length)
        {
            ReadOnlyMemory<byte> rest = request.AsMemory(entry.AcknowledgedBytes);
            int length = OtlpRequest.Leading(rest.Span, _maxBodyBytes, out int points);
            ReadOnlyMemory<byte> body = rest[..length];
            if (_options.Gzip)
            {
                gzip.Append(body.Span);
                body = gzip.Finish();
            }

            ServerAnswer answer = Post(body, _options.Gzip, stop);
            if (IsFinal(answer))
            {
                Acknowledge(entry, answer, length, points);
                continue;
            }

            if (answer.Kind != AnswerKind.TooLarge) return answer;
            _counters.Failed(SinkFailure.TooLarge);

            // A single resource cannot be divided.
            if (OtlpRequest.Leading(rest.Span, length / 2, out _) == length)
            {
                Acknowledge(entry, answer with { RefusedPoints = points }, length, points);
                continue;
            }

            Shrink(length / 2);
        }

        return null;
    }

    private ServerAnswer Post(ReadOnlyMemory<byte> body, bool isGzip, CancellationToken stop) =>
        _transport.Send(HttpMethod.Post, _options.Endpoint, body, isGzip ? "gzip" : "", "application/x-protobuf", null, stop);

    private void Shrink(int bytes)
    {
        _maxBodyBytes = Math.Max(1, bytes);
        _takenSinceTooLarge = 0;
    }

    private void Acknowledge(SpoolEntry entry, ServerAnswer answer, int bytes, int points)
    {
        if (_maxBodyBytes < int.MaxValue && ++_takenSinceTooLarge >= TakenBeforeLarger)
        {
            _takenSinceTooLarge = 0;
            _maxBodyBytes = (int)Math.Min(int.MaxValue, _maxBodyBytes * 2L);
        }

        entry.AcknowledgedBytes += bytes;
        entry.AcknowledgedPoints += points;
        _counters.Queued(-bytes);
        long refused = Math.Clamp(answer.RefusedPoints, 0, points);
        _counters.Sent(points - refused, bytes);
        if (refused == 0) return;
        _counters.Refused(refused);
        _counters.Failed(SinkFailure.Refused);
        if (_refusals.Failed(0)) LogRefused(_logger, _name, _counters.RefusedPoints, answer.Reason);
        _refusals.Recovered(out _, out _);
    }

    [LoggerMessage(EventId = 359, Level = LogLevel.Warning, Message = "{Sink}: the server has permanently refused {Points} points so far, the last because: {Reason}. They are lost; the server does not say which they are.")]
    private static partial void LogRefused(ILogger logger, string sink, long points, string reason);
}
