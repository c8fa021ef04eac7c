using System.Globalization;
using NsCollector.Deliver.Http;

namespace NsCollector.Deliver.Influx.Answers;

/// <summary>
/// Finds the lines named by versions 1 and 2 after "partial write: " (tsdb/shard.go, coordinator/points_writer.go and
/// models/points.go of InfluxDB 1.x, also used by version 2).
/// <para>The server reports only one reason: with a type conflict it does not name bad lines, and of two conflicts it names one.
/// Names and lines are not escaped in the text, so it is not parsed, but searched for the lines that were sent.</para>
/// </summary>
internal static class PartialWrite
{
    /// <summary>Begins the text, possibly after other words.</summary>
    internal const string Marker = "partial write: ";

    /// <summary>Precedes a line that could not be parsed; the line follows unescaped in single quotes.</summary>
    internal const string BadLineMarker = "unable to parse '";

    private const string DroppedMarker = "dropped=";

    // Names have at most 200 bytes, and every line that was sent is compared with the text.
    private const int MaxNamingLength = 4096;

    // Maximum positions tried as the end of a line; a hostile text has millions.
    private const int MaxEnds = 64;

    /// <summary>Interprets the text.</summary>
    /// <param name="text">The text after <see cref="Marker"/>.</param>
    /// <param name="lines">The lines that were sent.</param>
    /// <param name="secrets">Secrets that must not appear in a reason.</param>
    /// <param name="answer">The answer so far.</param>
    internal static ServerAnswer Read(string text, SentLines lines, IReadOnlyList<string> secrets, ServerAnswer answer)
    {
        long dropped = CutDropped(ref text);
        if (text.StartsWith(BadLineMarker, StringComparison.Ordinal)) return ReadBadLines(text, lines, secrets, answer);

        // Nothing is stored, but all of it will be with a higher limit, or when the shard is deleted.
        if (Has(text, "max-series-per-database") || Has(text, "is pending deletion")) return answer with { Kind = AnswerKind.ServerRefused };

        if (Has(text, "retention policy") && (Has(text, "beyond") || Has(text, "outside")))
            return answer with { Kind = AnswerKind.TakenInPart, ExpiredPoints = dropped };

        Func<PointText, bool>? isRefused = null;
        if (text.Length > MaxNamingLength) return answer with { Kind = AnswerKind.LinesRefused };
        if (Has(text, "field type conflict")) isRefused = point => IsConflict(point, text);
        else if (Has(text, "max-values-per-tag")) isRefused = point => point.Tags.Any(tag =>
            text.EndsWith($" tag={Quoted(tag.Key)} value={Quoted(tag.Value)}", StringComparison.Ordinal) &&
            text.Contains($" measurement={Quoted(point.Measurement)} ", StringComparison.Ordinal));
        else if (Has(text, "invalid tag key")) isRefused = point => point.Tags.Any(tag =>
            text.EndsWith($"input tag \"{tag.Key}\" on measurement \"{point.Measurement}\" is invalid", StringComparison.Ordinal));

        // An unknown reason may be a problem of the server or of a line; halving finds out.
        if (isRefused is null) return answer with { Kind = AnswerKind.LinesRefused };
        string reason = OneLine.Text(text, secrets);
        RefusedLine[] refused = [.. lines.Where(isRefused).Select(index => new RefusedLine(index, reason))];
        return answer with
        {
            Kind = AnswerKind.TakenInPart,
            RefusedLines = refused,
            // The number is that of one shard; lines of other shards are not reported.
            RefusedPoints = Math.Max(dropped, refused.Length),
        };
    }

    private static ServerAnswer ReadBadLines(string text, SentLines lines, IReadOnlyList<string> secrets, ServerAnswer answer)
    {
        Dictionary<int, string> refused = [];
        long named = 0;
        long unknown = 0;
        for (int at = BadLineMarker.Length; at > 0;)
        {
            int next = text.IndexOf("\n" + BadLineMarker, at, StringComparison.Ordinal);
            string one = next < 0 ? text[at..] : text[at..next];
            at = next < 0 ? 0 : next + 1 + BadLineMarker.Length;
            named++;

            // The line and the error after it can both contain the separator.
            bool isFound = false;
            int end = one.Length;
            for (int tries = 0; tries < MaxEnds && !isFound; tries++)
            {
                end = one.AsSpan(0, end).LastIndexOf("': ");
                if (end < 0) break;
                foreach (int index in lines.Find(one[..end]))
                {
                    refused[index] = OneLine.Text(one[(end + 3)..], secrets);
                    isFound = true;
                }
            }
            if (isFound) continue;
            // An unbalanced quote makes the server join the next lines to this one, and those are good.
            if (one.Contains('\n', StringComparison.Ordinal)) return answer with { Kind = AnswerKind.LinesRefused };
            unknown++;
        }
        return answer with
        {
            Kind = AnswerKind.TakenInPart,
            RefusedLines = [.. refused.OrderBy(static line => line.Key).Select(static line => new RefusedLine(line.Key, line.Value))],
            RefusedPoints = Math.Max(named, refused.Count + unknown),
        };
    }

    // input field "F" on measurement "M" is type T, already exists as type U
    private static bool IsConflict(PointText point, string text)
    {
        foreach ((string key, string type) in point.Fields)
        {
            if (text.Contains($"input field \"{key}\" on measurement \"{point.Measurement}\" is type {type}, already exists as type ", StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    private static long CutDropped(ref string text)
    {
        int at = text.LastIndexOf(DroppedMarker, StringComparison.Ordinal);
        if (at < 0) return 0;
        ReadOnlySpan<char> digits = text.AsSpan(at + DroppedMarker.Length).Trim();
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long dropped)) return 0;
        text = text[..at].TrimEnd();
        return dropped;
    }

    private static bool Has(string text, string words) => text.Contains(words, StringComparison.Ordinal);

    // Go's %q, of what a tag can hold.
    private static string Quoted(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
