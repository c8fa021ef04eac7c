
namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// The write interface of InfluxDB 3 as documented, because Debian has no package. It accepts only requests that are correct in
/// every detail, and records what is wrong with others.
/// </summary>
internal sealed class V3Server : RawHttpServer
{
    private readonly string _database, _token;
    private readonly bool _gzip, _noSync;
    private readonly object _gate = new();

    // Guarded by _gate.
    private readonly List<string> _lines = [], _errors = [];

    /// <summary>Starts a server that accepts writes to one database with one token.</summary>
    internal V3Server(string database, string token, bool gzip = true, bool noSync = false)
    {
        _database = database;
        _token = token;
        _gzip = gzip;
        _noSync = noSync;
        Serve();
    }

    /// <summary>The errors of requests.</summary>
    internal List<string> Mistakes
    {
        get
        {
            lock (_gate)
                return [.. _errors];
        }
    }

    /// <summary>The accepted points. A repeated point is an error.</summary>
    internal List<Point> Points()
    {
        lock (_gate)
            return StrictParser.ParseAll(string.Concat(_lines.Select(line => line + "\n")));
    }

    private protected override bool Handle(RawHttpConnection connection, RawHttpMessage head)
    {
        byte[] body = connection.ReadBody(head);
        string? error = FindError(head, body);
        if (error is null)
        {
            lock (_gate)
                _lines.AddRange(head.Lines(body));
            connection.Write("HTTP/1.1 204 No Content\r\n\r\n");
        }
        else
        {
            lock (_gate)
                _errors.Add(error);
            string text = $$"""{"error":"{{error}}"}""";
            connection.Write($"HTTP/1.1 400 Bad Request\r\nContent-Length: {text.Length}\r\n\r\n{text}");
        }

        return true;
    }

    private string? FindError(RawHttpMessage head, byte[] body)
    {
        if (head.Method != "POST" || head.Path != "/api/v3/write_lp")
            return $"wrong path: {head.StartLine}";
        var expected = new Dictionary<string, string>
        {
            ["db"] = _database, ["precision"] = "nanosecond", ["accept_partial"] = "true", ["no_sync"] = _noSync ? "true" : "false",
        };
        if (!head.Query.OrderBy(pair => pair.Key).SequenceEqual(expected.OrderBy(pair => pair.Key)))
            return $"wrong query: {head.StartLine}";
        if (head.Header("Authorization") != $"Bearer {_token}")
            return $"wrong token: {head.Header("Authorization")}";
        if (head.Header("Content-Encoding") != (_gzip ? "gzip" : null))
            return $"wrong encoding: {head.Header("Content-Encoding")}";
        if (head.Headers.Count(header => header.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)) != 1)
            return "expected one header Host";
        if (_gzip && (body is not [0x1f, 0x8b, ..]))
            return "not gzip";
        return head.Lines(body).Length == 0 ? "no line" : null;
    }
}
