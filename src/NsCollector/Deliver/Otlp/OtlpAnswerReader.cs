using System.Text;
using System.Text.Json;
using NsCollector.Deliver.Http;
using NsCollector.Encode.Otlp;

namespace NsCollector.Deliver.Otlp;

/// <summary>Determines what a response to an OTLP request means (opentelemetry.io/docs/specs/otlp, OTLP/HTTP Response). Pure.</summary>
internal static class OtlpAnswerReader
{
    /// <summary>Interprets a response.</summary>
    /// <inheritdoc cref="HttpTransport.ReadAnswer"/>
    internal static ServerAnswer Read(HttpAnswer http, Func<ReadOnlyMemory<byte>>? lines, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        string message = http.IsHtml ? "" : http.IsProtobuf || http.IsJson ? Message(http) : http.Body.Trim();
        ServerAnswer answer = new()
        {
            Kind = AnswerKind.RequestRefused,
            Status = http.Status,
            Reason = message.Length > 0 ? OneLine.Text(message, secrets) : $"HTTP status {http.Status} without an error message",
            ServerTime = HttpDate.TryRead(http.Date),
            ServerVersion = OneLine.Text(http.ServerVersion, secrets, 80),
        };
        return http.Status switch
        {
            >= 200 and < 300 => Success(http, answer, secrets),
            >= 300 and < 400 => answer with { Kind = AnswerKind.NotADatabase, Reason = http.RedirectReason(secrets, "OTLP endpoint") },
            401 or 403 => answer with { Kind = AnswerKind.Unauthorized },
            407 => answer with { Kind = AnswerKind.Unauthorized, Reason = "the proxy requires a user and password" },
            413 => answer with { Kind = AnswerKind.TooLarge, Reason = "the body is larger than the server accepts" },
            408 => answer with { Kind = AnswerKind.ServerFailed, RetryAfter = HttpDate.TryReadDelay(http.RetryAfter, now) },
            425 or 429 or 503 => answer with { Kind = AnswerKind.Throttled, RetryAfter = HttpDate.TryReadDelay(http.RetryAfter, now) },
            502 or 504 => answer with { Kind = AnswerKind.ServerFailed, RetryAfter = HttpDate.TryReadDelay(http.RetryAfter, now) },
            404 or 405 or 406 or 410 or 415 or 421 or 426 or 451 or 501 or 505 => NotOtlp(answer),
            402 => answer with { Kind = AnswerKind.ServerRefused },
            417 => answer with { Reason = "the server does not support Expect: 100-continue; set expect_continue = off" },
            _ when http.IsHtml => NotOtlp(answer),

            // An OTLP server answers protobuf with a Status in protobuf. Any other text may be that of a proxy or gateway, which proves nothing
            // about the points.
            400 or 422 when http.IsProtobuf && message.Length > 0 => answer with { Kind = AnswerKind.LinesRefused },
            >= 500 and < 600 => answer with { Kind = AnswerKind.ServerFailed, RetryAfter = HttpDate.TryReadDelay(http.RetryAfter, now) },
            >= 400 and < 500 => answer,
            _ => answer with { Kind = AnswerKind.NotADatabase, Reason = $"unexpected HTTP status {http.Status}" },
        };
    }

    private static ServerAnswer Success(HttpAnswer http, ServerAnswer answer, IReadOnlyList<string> secrets)
    {
        if (http.IsHtml) return answer with { Kind = AnswerKind.NotADatabase, Reason = $"HTTP status {http.Status} with an HTML page" };
        if (!http.IsWhole || string.IsNullOrWhiteSpace(http.Body)) return answer with { Kind = AnswerKind.Taken, Reason = "" };
        (long refused, string reason) = PartialSuccess(http);
        if (refused <= 0) return answer with { Kind = AnswerKind.Taken, Reason = "" };
        return answer with
        {
            Kind = AnswerKind.TakenInPart,
            RefusedPoints = refused,
            Reason = reason.Length > 0 ? OneLine.Text(reason, secrets) : "the server gives no reason",
        };
    }

    private static ServerAnswer NotOtlp(ServerAnswer answer) => answer with
    {
        Kind = AnswerKind.NotADatabase,
        Reason = $"the server does not accept OTLP metrics at this address (HTTP status {answer.Status})",
    };

    // google.rpc.Status: code = 1, message = 2.
    private static string Message(HttpAnswer http)
    {
        if (http.IsProtobuf) return Encoding.UTF8.GetString(ProtobufReader.Find(http.Bytes, 2));
        return Json(http.Body, static root => root.TryGetProperty("message", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "") ?? "";
    }

    // ExportMetricsServiceResponse: partial_success = 1. ExportMetricsPartialSuccess: rejected_data_points = 1, error_message = 2.
    private static (long Refused, string Reason) PartialSuccess(HttpAnswer http)
    {
        // A server that accepts the points but sends another type, or none, may still have sent a partial success.
        if (!http.IsJson)
        {
            ReadOnlySpan<byte> partial = ProtobufReader.Find(http.Bytes, 1);
            if (!ProtobufReader.IsWellFormed(http.Bytes) || !ProtobufReader.IsWellFormed(partial)) return (0, "");
            return (ProtobufReader.FindNumber(partial, 1), Encoding.UTF8.GetString(ProtobufReader.Find(partial, 2)));
        }

        return Json(http.Body, static root =>
        {
            if (!root.TryGetProperty("partialSuccess", out JsonElement partial) || partial.ValueKind != JsonValueKind.Object) return (0L, "");
            long refused = 0;

            // In JSON a number of 64 bits is a string.
            if (partial.TryGetProperty("rejectedDataPoints", out JsonElement number)
                && !long.TryParse(number.ToString(), System.Globalization.CultureInfo.InvariantCulture, out refused)) refused = 0;
            string reason = partial.TryGetProperty("errorMessage", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
            return (refused, reason);
        });
    }

    private static T? Json<T>(string text, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : default;
        }
        // Invalid JSON, or a text with half a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return default;
        }
    }
}
