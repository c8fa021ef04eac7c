using System.Globalization;

namespace NsCollector.Deliver.Influx.Answers;

/// <summary>
/// The words of versions 1 and 2 after "partial write: " (tsdb/shard.go, coordinator/points_writer.go and
/// models/points.go of InfluxDB 1.x, which version 2 took over), and the lines that they name.
/// <para>Only one reason is told, whatever else was refused beside it: bad lines are not named where there is a type
/// conflict too, and of two conflicts only one is. Names and lines stand in the text as they are, unescaped, so they are
/// looked for among what was sent rather than cut out of the text.</para>
/// </summary>
internal static class PartialWrite
{
    /// <summary>What the text begins with, perhaps after some words of the interface.</summary>
    internal const string Marker = "partial write: ";

    /// <summary>What precedes a line that could not be parsed; between single quotes it follows, with whatever it holds.</summary>
    internal const string BadLineMarker = "unable to parse '";

    private const string DroppedMarker = "dropped=";

    // Names are at most 200 bytes long, and each of what was sent is looked for in it.
    private const int MaxNamingLength = 4096;

    // How many places are tried at which a line may end. A hostile text has millions.
    private const int MaxEnds = 64;

    /// <summary>Reads the text.</summary>
    /// <param name="text">What follows <see cref="Marker"/>.</param>
    /// <param name="lines">What was sent.</param>
    /// <param name="secrets">What no reason may show.</param>
    /// <param name="answer">The answer so far.</param>
    internal static InfluxAnswer Read(string text, SentLines lines, IReadOnlyList<string> secrets, InfluxAnswer answer)
    {
        long dropped = CutDropped(ref text);
        if (text.StartsWith(BadLineMarker, StringComparison.Ordinal)) return ReadBadLines(text, lines, secrets, answer);

        // Nothing at all is stored, and a larger limit lets all of it in. A shard that is being deleted is gone soon.
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

        // A reason that is not known may be the server's trouble as well as a line's: halving tells.
        if (isRefused is null) return answer with { Kind = AnswerKind.LinesRefused };
        string reason = OneLine.Text(text, secrets);
        RefusedLine[] refused = [.. lines.Where(isRefused).Select(index => new RefusedLine(index, reason))];
        return answer with
        {
            Kind = AnswerKind.TakenInPart,
            RefusedLines = refused,
            // The number is one shard's; lines for another were told of by nobody.
            RefusedPoints = Math.Max(dropped, refused.Length),
        };
    }

    private static InfluxAnswer ReadBadLines(string text, SentLines lines, IReadOnlyList<string> secrets, InfluxAnswer answer)
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

            // Both the line and the words after it may hold what stands between them.
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
            // A quote without its like makes the server take the following lines for the same one: those are good.
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
