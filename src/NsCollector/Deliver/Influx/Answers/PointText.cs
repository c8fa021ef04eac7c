using System.Text;

namespace NsCollector.Deliver.Influx.Answers;

/// <summary>
/// A line of line protocol, parsed as a server does as far as needed for its error messages: unescaped names, and fields by
/// type. Strict: an invalid line is not a point.
/// </summary>
internal sealed class PointText
{
    private readonly List<(string Key, string Value)> _tags = [];
    private readonly List<(string Key, string Type)> _fields = [];

    private PointText()
    {
    }

    /// <summary>The measurement, unescaped.</summary>
    internal string Measurement { get; private set; } = "";

    /// <summary>The tags, unescaped.</summary>
    internal IReadOnlyList<(string Key, string Value)> Tags => _tags;

    /// <summary>The fields by unescaped name, with the name that InfluxDB gives to their type: float, integer, unsigned, string or boolean.</summary>
    internal IReadOnlyList<(string Key, string Type)> Fields => _fields;

    /// <summary>Parses a line.</summary>
    /// <returns>The point, or null if the line is invalid.</returns>
    internal static PointText? TryRead(string line)
    {
        PointText point = new();
        int at = 0;
        point.Measurement = Name(line, ref at, ", ");
        if (point.Measurement.Length == 0) return null;
        while (at < line.Length && line[at] == ',')
        {
            at++;
            string key = Name(line, ref at, "=, ");
            if (key.Length == 0 || at == line.Length || line[at] != '=') return null;
            at++;
            string value = Name(line, ref at, ", ");
            if (value.Length == 0) return null;
            point._tags.Add((key, value));
        }

        if (at == line.Length || line[at] != ' ') return null;
        do
        {
            at++;
            string key = Name(line, ref at, "=, ");
            if (key.Length == 0 || at == line.Length || line[at] != '=') return null;
            at++;
            if (Value(line, ref at) is not { } type) return null;
            point._fields.Add((key, type));
        }
        while (at < line.Length && line[at] == ',');
        return at == line.Length || line[at] == ' ' ? point : null;
    }

    // A backslash escapes a comma, an equals sign or a space that follows; elsewhere it is a literal.
    private static string Name(string line, ref int at, string stops)
    {
        StringBuilder name = new();
        while (at < line.Length && !stops.Contains(line[at], StringComparison.Ordinal))
        {
            if (line[at] == '\\' && at + 1 < line.Length && line[at + 1] is (',' or '=' or ' ')) at++;
            name.Append(line[at]);
            at++;
        }
        return name.ToString();
    }

    private static string? Value(string line, ref int at)
    {
        if (at == line.Length) return null;
        int start = at;
        if (line[at] == '"')
        {
            at++;
            while (at < line.Length && line[at] != '"') at += line[at] == '\\' ? 2 : 1;
            if (at >= line.Length) return null;
            at++;
            return "string";
        }
        while (at < line.Length && line[at] is not (',' or ' ')) at++;
        ReadOnlySpan<char> text = line.AsSpan(start, at - start);
        if (text.Length == 0) return null;
        return text switch
        {
            "t" or "T" or "true" or "True" or "TRUE" or "f" or "F" or "false" or "False" or "FALSE" => "boolean",
            [.., 'i'] => "integer",
            [.., 'u'] => "unsigned",
            _ => "float",
        };
    }
}
