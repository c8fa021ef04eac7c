using System.Globalization;
using NsCollector.Deliver.Http;

namespace NsCollector.Deliver.Influx.Answers;

/// <summary>
/// Determines what a response means, by its text if the status has several meanings. Pure. If it is unclear whether some lines
/// are stored, it chooses the meaning by which they are sent again, because storing a point twice changes nothing.
/// </summary>
internal static class AnswerReader
{
    /// <summary>
    /// Phrases by which a 400 of versions 2 and 3 and of compatible servers (Telegraf's listener) blames a line and not the
    /// request. Whole phrases, because error pages of proxies also contain "parse" and "line".
    /// </summary>
    private static readonly string[] LineWords = ["unable to parse", "line protocol", "parse error: ", "type conflict", "error parsing line"];

    /// <summary>Maximum length of the server's version, in characters.</summary>
    private const int MaxVersionLength = 80;

    /// <summary>Interprets a response.</summary>
    /// <param name="http">The response.</param>
    /// <param name="version">The API that was used.</param>
    /// <param name="acceptPartial">Version 3: whether the request asked to store the good lines.</param>
    /// <param name="fetchLines">Gives the lines that were sent, uncompressed; called at most once, and only if the response names some.</param>
    /// <param name="secrets">Secrets that must not appear in the result.</param>
    /// <param name="now">The time, for a Retry-After with a date.</param>
    internal static ServerAnswer Read(
        HttpAnswer http,
        InfluxVersion version,
        bool acceptPartial,
        Func<ReadOnlyMemory<byte>>? fetchLines,
        IReadOnlyList<string> secrets,
        DateTimeOffset now)
    {
        ErrorBody? json = http.IsWhole ? ErrorBody.TryRead(http.Body) : null;
        string message = json?.Message ?? (json is null && !http.IsHtml ? http.Body.Trim() : "");
        if (message.Length == 0) message = http.ErrorHeader;
        ServerAnswer answer = new()
        {
            Kind = AnswerKind.RequestRefused,
            Status = http.Status,
            Reason = message.Length > 0 ? OneLine.Text(message, secrets) : $"HTTP status {http.Status} without an error message",
            ServerTime = HttpDate.TryRead(http.Date),
            ServerVersion = OneLine.Text(http.ServerVersion, secrets, MaxVersionLength),
        };
        SentLines lines = new(fetchLines);

        return http.Status switch
        {
            >= 200 and < 300 => Success(http, json, answer),
            >= 300 and < 400 => answer with { Kind = AnswerKind.NotADatabase, Reason = http.RedirectReason(secrets, "database") },
            401 or 403 => answer with { Kind = AnswerKind.Unauthorized },
            407 => answer with { Kind = AnswerKind.Unauthorized, Reason = "the proxy requires a user and password" },
            408 => answer with { Kind = AnswerKind.ServerFailed },
            413 => answer with { Kind = AnswerKind.TooLarge, Reason = "the body is larger than the server accepts" },
            425 or 429 or 503 => answer with { Kind = AnswerKind.Throttled, RetryAfter = HttpDate.TryReadDelay(http.RetryAfter, now) },
            500 when IsNotFound(message) => answer with { Kind = AnswerKind.NotFound },
            500 or 501 or 505 when http.IsHtml => NotADatabase(answer),
            501 or 505 => NotADatabase(answer),
            >= 500 and < 600 => answer with { Kind = AnswerKind.ServerFailed, RetryAfter = HttpDate.TryReadDelay(http.RetryAfter, now) },
            _ when http.IsHtml => NotADatabase(answer),
            400 => BadRequest(http, version, acceptPartial, json, message, lines, secrets, answer),
            402 => answer with { Kind = AnswerKind.ServerRefused },
            404 => IsNotFound(message) ? answer with { Kind = AnswerKind.NotFound } : NotADatabase(answer),
            405 or 406 or 410 or 421 or 426 or 451 => NotADatabase(answer),
            417 => answer with { Reason = "the server does not support Expect: 100-continue; set expect_continue = off" },
            422 => Unprocessable(http, version, message, lines, secrets, answer),
            >= 400 and < 500 => answer,
            _ => answer with { Kind = AnswerKind.NotADatabase, Reason = $"unexpected HTTP status {http.Status}" },
        };
    }

    // Success is normally 204 without a body. 1.x returned 200 with an error for lines that it had read but not stored, and
    // portals and proxies return a page for everything.
    private static ServerAnswer Success(HttpAnswer http, ErrorBody? json, ServerAnswer answer)
    {
        if (json?.Message is not null) return answer with { Kind = AnswerKind.RequestRefused };
        if (json is not null || (http.IsWhole && string.IsNullOrWhiteSpace(http.Body) && !http.IsHtml))
            return answer with { Kind = AnswerKind.Taken, Reason = "" };
        return answer with
        {
            Kind = AnswerKind.NotADatabase,
            Reason = http.IsHtml ? $"HTTP status {http.Status} with an HTML page" : "HTTP status " + http.Status.ToString(CultureInfo.InvariantCulture) + " with the text: " + answer.Reason,
        };
    }

    private static ServerAnswer BadRequest(
        HttpAnswer http,
        InfluxVersion version,
        bool acceptPartial,
        ErrorBody? json,
        string message,
        SentLines lines,
        IReadOnlyList<string> secrets,
        ServerAnswer answer)
    {
        if (Has(message, "unsupported path")) return answer with { Kind = AnswerKind.NotADatabase };
        if (version == InfluxVersion.V3 && json is { Lines.Count: > 0 }) return BadLines(acceptPartial, json, lines, secrets, answer);
        if (Has(message, "database is required")) return answer with { Kind = AnswerKind.NotFound };

        int partial = message.IndexOf(PartialWrite.Marker, StringComparison.Ordinal);
        // Version 2 stores nothing with 400. If a compatible server does, sending the lines again changes nothing.
        if (partial >= 0 && version == InfluxVersion.V1 && json is not null)
            return PartialWrite.Read(message[(partial + PartialWrite.Marker.Length)..], lines, secrets, answer);

        bool isLine = message.Contains(PartialWrite.BadLineMarker, StringComparison.Ordinal) || Has(message, "partial write") ||
            (version != InfluxVersion.V1 && LineWords.Any(words => Has(message, words)));
        // A truncated list of bad lines still begins with these phrases; any other truncated text blames no line.
        return isLine ? answer with { Kind = AnswerKind.LinesRefused } : answer;
    }

    private static ServerAnswer BadLines(bool acceptPartial, ErrorBody json, SentLines lines, IReadOnlyList<string> secrets, ServerAnswer answer)
    {
        string first = OneLine.Text($"{json.Message}: {json.Lines[0].Message}", secrets);
        if (!acceptPartial || !json.IsList) return answer with { Kind = AnswerKind.LinesRefused, Reason = first };
        SortedDictionary<int, string> refused = [];
        foreach ((long number, string message) in json.Lines)
            if (number > 0 && number <= lines.Count) refused[(int)(number - 1)] = OneLine.Text(message, secrets);
        return answer with
        {
            Kind = AnswerKind.TakenInPart,
            Reason = first,
            RefusedLines = [.. refused.Select(static line => new RefusedLine(line.Key, line.Value))],
            RefusedPoints = json.Lines.Count,
        };
    }

    // Version 2: its storage, which is that of version 1, refused lines. Version 3: a limit of tables or columns, which a line
    // may have exceeded.
    private static ServerAnswer Unprocessable(
        HttpAnswer http,
        InfluxVersion version,
        string message,
        SentLines lines,
        IReadOnlyList<string> secrets,
        ServerAnswer answer)
    {
        int partial = message.IndexOf(PartialWrite.Marker, StringComparison.Ordinal);
        if (partial >= 0 && version != InfluxVersion.V3 && http.IsWhole)
            return PartialWrite.Read(message[(partial + PartialWrite.Marker.Length)..], lines, secrets, answer);
        return version == InfluxVersion.V3 ? answer : answer with { Kind = AnswerKind.LinesRefused };
    }

    private static ServerAnswer NotADatabase(ServerAnswer answer) => answer with
    {
        Kind = AnswerKind.NotADatabase,
        Reason = $"the server does not have this API: {answer.Reason}",
    };

    private static bool IsNotFound(string message) =>
        (Has(message, "not found") || Has(message, "does not exist") || Has(message, "could not find")) &&
        (Has(message, "database") || Has(message, "bucket") || Has(message, "org") || Has(message, "retention policy") || Has(message, "namespace"));

    private static bool Has(string message, string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
}
