
namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// The write interface of InfluxDB 2, which rejects the whole batch if one line is bad, and names at most the first bad line.
/// </summary>
internal sealed class WholeBatchServer : RawHttpServer
{
    private readonly Func<string, bool> _isBad;
    private readonly bool _names;
    private readonly object _gate = new();

    // Guarded by _gate.
    private readonly List<string> _lines = [];
    private readonly Dictionary<string, int> _refusals = [];

    /// <param name="isBad">Whether a line is bad.</param>
    /// <param name="names">Whether the response names the first bad line.</param>
    internal WholeBatchServer(Func<string, bool> isBad, bool names)
    {
        _isBad = isBad;
        _names = names;
        Serve();
    }

    /// <summary>The accepted points. A repeated point is an error.</summary>
    internal List<Point> Points()
    {
        lock (_gate)
            return StrictParser.ParseAll(string.Concat(_lines.Select(line => line + "\n")));
    }

    /// <summary>How often each bad line was sent.</summary>
    internal Dictionary<string, int> Refusals()
    {
        lock (_gate)
            return new Dictionary<string, int>(_refusals);
    }

    private protected override bool Handle(RawHttpConnection connection, RawHttpMessage head)
    {
        string[] lines = head.Lines(connection.ReadBody(head));
        string[] bad = [.. lines.Where(_isBad)];
        lock (_gate)
        {
            if (bad.Length == 0)
                _lines.AddRange(lines);
            foreach (string line in bad)
                _refusals[line] = _refusals.GetValueOrDefault(line) + 1;
        }

        if (bad.Length == 0)
        {
            connection.Write("HTTP/1.1 204 No Content\r\n\r\n");
        }
        else
        {
            string reason = _names ? $"unable to parse '{bad[0]}': invalid number" : "unable to parse a line: invalid number";
            byte[] text = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["code"] = "invalid", ["message"] = reason });
            connection.Write($"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {text.Length}\r\n\r\n");
            connection.Write(text);
        }

        return true;
    }
}
