using System.Globalization;
using System.Text;

namespace NsCollector.TestSupport.LineProtocol;

/// <summary>
/// Parses line protocol strictly as InfluxDB documents it. It shares no code with the encoder, so it checks the encoder's output
/// against the format.
/// </summary>
public ref struct StrictParser
{
    private readonly string _line;
    private int _at;

    private StrictParser(string line)
    {
        _line = line;
        _at = 0;
    }

    /// <summary>Parses complete lines of UTF-8.</summary>
    /// <param name="bytes">The lines.</param>
    /// <param name="mayRepeat">Whether two points of one series may have the same time.</param>
    /// <exception cref="DecoderFallbackException">The bytes are not UTF-8.</exception>
    /// <inheritdoc cref="ParseAll(string, bool)" path="/exception"/>
    public static List<Point> ParseAll(ReadOnlySpan<byte> bytes, bool mayRepeat = false) =>
        ParseAll(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), mayRepeat);

    /// <summary>Parses complete lines.</summary>
    /// <param name="text">The lines.</param>
    /// <param name="mayRepeat">Whether two points of one series may have the same time.</param>
    /// <exception cref="FormatException">A line is invalid, the last one has no newline, or two points of one series have the same time.</exception>
    public static List<Point> ParseAll(string text, bool mayRepeat = false)
    {
        var points = new List<Point>();
        if (text.Length == 0)
            return points;
        if (!text.EndsWith('\n'))
            throw new FormatException($"the last line has no newline: {text[^Math.Min(text.Length, 200)..]}");

        var seen = new HashSet<string>();
        foreach (string line in text[..^1].Split('\n'))
        {
            Point point = ParseLine(line);
            string series = point.Measurement + string.Concat(point.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"\0{tag.Key}\0{tag.Value}"));
            if (!mayRepeat && !seen.Add($"{series}\0{point.TimestampNs}"))
                throw new FormatException($"two points of one series have the same time: {line}");
            points.Add(point);
        }

        return points;
    }

    /// <summary>Parses one line.</summary>
    /// <param name="line">The line without its LF.</param>
    /// <exception cref="FormatException">It is not valid line protocol.</exception>
    public static Point ParseLine(string line) => line.Any(character => character is < ' ' or '\x7f')
        ? throw new FormatException($"control character in: {line}")
        : new StrictParser(line).Parse();

    private Point Parse()
    {
        if (Next() == '#')
            throw Wrong("a measurement, not a comment");
        string measurement = Name(", ");
        var tags = new Dictionary<string, string>();
        while (Next() == ',')
        {
            _at++;
            string key = Name("=");
            Expect('=');
            Add(tags, key, Name(", ", isValue: true));
        }

        Expect(' ');
        var fields = new Dictionary<string, object>();
        do
        {
            if (fields.Count > 0)
                _at++;
            string key = Name("=");
            Expect('=');
            Add(fields, key, Value());
        }
        while (Next() == ',');

        Expect(' ');
        ReadOnlySpan<char> timestamp = _line.AsSpan(_at);
        if (timestamp.Length != 19 || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out long nanoseconds))
            throw Wrong("a timestamp in nanoseconds");
        return new Point(measurement, tags, fields, nanoseconds);
    }

    private readonly char Next() => _at < _line.Length ? _line[_at] : '\0';

    private void Expect(char character)
    {
        if (Next() != character)
            throw Wrong($"'{character}'");
        _at++;
    }

    // Reads up to an unescaped end character. Keys must also escape '=', ',' and ' '.
    private string Name(string ends, bool isValue = false)
    {
        var name = new StringBuilder();
        for (; _at < _line.Length; _at++)
        {
            char character = _line[_at];
            if (character == '\\' && _at + 1 < _line.Length && _line[_at + 1] is ',' or '=' or ' ')
            {
                name.Append(_line[++_at]);
                continue;
            }

            if (character == '\\' && _at + 1 < _line.Length && _line[_at + 1] == '\\')
                throw Wrong("no double backslash, because databases disagree about its meaning");
            if (ends.Contains(character))
                break;
            if (character is ' ' or ',' || (character == '=' && isValue))
                throw Wrong("an escape for this character");
            name.Append(character);
        }

        if (name.Length == 0)
            throw Wrong("a name");
        return name.ToString();
    }

    private object Value()
    {
        if (Next() == '"')
            return QuotedString();
        int start = _at;
        while (Next() is not (',' or ' ' or '\0'))
            _at++;
        string text = _line[start.._at];
        if (text is "true" or "false")
            return text == "true";
        if (text.EndsWith('i') && long.TryParse(text[..^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer))
            return integer;
        const NumberStyles Float = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] == '-') && double.TryParse(text, Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
            return number;
        throw Wrong($"a value, not '{text}'");
    }

    private string QuotedString()
    {
        var text = new StringBuilder();
        for (_at++; _at < _line.Length; _at++)
        {
            if (_line[_at] == '"')
            {
                _at++;
                return text.ToString();
            }

            if (_line[_at] == '\\' && _at + 1 < _line.Length && _line[_at + 1] is '"' or '\\')
                _at++;
            text.Append(_line[_at]);
        }

        throw Wrong("a closing quote");
    }

    private readonly void Add<T>(Dictionary<string, T> values, string key, T value)
    {
        if (!values.TryAdd(key, value))
            throw Wrong($"'{key}' only once");
    }

    private readonly FormatException Wrong(string expected) => new($"expected {expected} at {_at}: {_line}");
}
