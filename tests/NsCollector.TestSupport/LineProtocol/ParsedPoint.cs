using System.Text;

namespace NsCollector.TestSupport.LineProtocol;

/// <summary>
/// A strict reader of line protocol, written from the databases' documentation and apart from the encoder: it refuses
/// whatever InfluxDB would refuse, so that what the encoder writes is judged by the format and not by itself.
/// </summary>
public sealed record ParsedPoint(
    string Measurement, IReadOnlyDictionary<string, string> Tags, IReadOnlyDictionary<string, object> Fields, long TimestampNs)
{
    public static List<ParsedPoint> ParseAll(ReadOnlySpan<byte> bytes)
    {
        string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        var points = new List<ParsedPoint>();
        if (text.Length == 0) return points;
        if (text[^1] != '\n') throw new FormatException("the last line does not end in LF");
        foreach (string line in text[..^1].Split('\n')) points.Add(Parse(line));
        return points;
    }

    public static ParsedPoint Parse(string line)
    {
        if (line.Any(c => c < ' ' || c == 0x7f)) throw new FormatException($"control character in: {line}");
        int at = 0;
        string measurement = Token(line, ref at, stops: ", ");
        if (measurement.Length == 0 || measurement[0] == '#') throw new FormatException($"measurement in: {line}");
        var tags = new Dictionary<string, string>();
        while (At(line, at) == ',')
        {
            at++;
            string key = Token(line, ref at, stops: "=, ");
            Expect(line, ref at, '=');
            string value = Token(line, ref at, stops: "=, ");
            if (key.Length == 0 || value.Length == 0) throw new FormatException($"empty tag at {at} in: {line}");
            if (!tags.TryAdd(key, value)) throw new FormatException($"tag {key} twice in: {line}");
        }

        Expect(line, ref at, ' ');
        var fields = new Dictionary<string, object>();
        while (true)
        {
            string key = Token(line, ref at, stops: "=, ");
            Expect(line, ref at, '=');
            if (key.Length == 0) throw new FormatException($"empty field at {at} in: {line}");
            if (!fields.TryAdd(key, Value(line, ref at))) throw new FormatException($"field {key} twice in: {line}");
            if (At(line, at) != ',') break;
            at++;
        }

        Expect(line, ref at, ' ');
        return new ParsedPoint(measurement, tags, fields, long.Parse(line.AsSpan(at), System.Globalization.NumberStyles.AllowLeadingSign));
    }

    private static object Value(string line, ref int at)
    {
        if (At(line, at) == '"')
        {
            var value = new StringBuilder();
            for (at++; At(line, at) != '"'; at++)
            {
                if (At(line, at) == '\\' && At(line, at + 1) is ('"' or '\\')) at++;
                value.Append(At(line, at));
            }

            at++;
            return value.ToString();
        }

        int start = at;
        while (At(line, at) is not (',' or ' ')) at++;
        string token = line[start..at];
        if (token is "true" or "false") return token == "true";
        return token[^1] == 'i'
            ? (object)long.Parse(token.AsSpan(0, token.Length - 1), System.Globalization.NumberStyles.AllowLeadingSign)
            : double.Parse(token, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string Token(string line, ref int at, string stops)
    {
        var token = new StringBuilder();
        while (at < line.Length && !stops.Contains(line[at]))
        {
            if (line[at] == '\\' && at + 1 < line.Length && line[at + 1] is (',' or '=' or ' ')) at++;
            else if (line[at] == '\\' && at + 1 < line.Length && line[at + 1] == '\\') throw new FormatException($"two backslashes are read differently by different databases: {line}");
            token.Append(line[at++]);
        }

        return token.ToString();
    }

    private static char At(string line, int at) => at < line.Length ? line[at] : throw new FormatException($"ends early: {line}");

    private static void Expect(string line, ref int at, char c)
    {
        if (At(line, at) != c) throw new FormatException($"'{c}' expected at {at} in: {line}");
        at++;
    }
}
