using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// Debian's influxd on 127.0.0.1, with its own configuration and data. A restart keeps port and data. Its queries return values
/// with their types and all digits.
/// </summary>
public sealed class InfluxServer : IDisposable
{
    /// <summary>The administrator of a server with authentication, whom <see cref="CreateDatabase"/> and <see cref="Points"/> use.</summary>
    public const string Administrator = "admin";

    /// <summary>The administrator's password, with characters that need escaping in URLs and headers.</summary>
    public const string Password = "pass word:&=#%+ü";

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-influxd-").FullName;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly ServerProcess _process, _recovery;
    private readonly bool _authentication;
    private readonly int? _maxBodyBytes;
    private readonly string[] _data;
    private readonly int _recoveryPort;
    private bool _wasKilled;
    private int _databases;

    /// <summary>Starts a server without authentication.</summary>
    public InfluxServer()
        : this(authentication: false)
    {
    }

    /// <summary>Starts a server.</summary>
    /// <param name="authentication">Whether it requires user and password.</param>
    /// <param name="maxBodyBytes">Its max-body-size; null for the default.</param>
    /// <param name="data">Further lines of its section [data].</param>
    internal InfluxServer(bool authentication, int? maxBodyBytes = null, params string[] data)
    {
        _authentication = authentication;
        Port = ServerProcess.FreePort();
        UnixSocket = Path.Combine(_directory, "http.sock");
        _maxBodyBytes = maxBodyBytes;
        _data = data;
        _process = Process("influxdb", Port, UnixSocket);
        _recoveryPort = ServerProcess.FreePort();
        _recovery = Process("recovery", _recoveryPort, Path.Combine(_directory, "recovery.sock"));
        try
        {
            Start();
            if (authentication)
                Query("", $"CREATE USER {Administrator} WITH PASSWORD '{Password}' WITH ALL PRIVILEGES");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its TCP port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Its address.</summary>
    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>The unix socket of the same interface.</summary>
    public string UnixSocket { get; }

    /// <summary>Whether it is running.</summary>
    public bool IsRunning => _process.IsRunning;

    /// <summary>Starts it, for the first time or again, and waits until it answers.</summary>
    public void Start()
    {
        // A killed server leaves its socket behind.
        File.Delete(UnixSocket);
        if (_wasKilled)
        {
            // After a kill during a write, influxd 1.6 cuts off the torn entry of its log but continues writing behind the cut. At the next
            // start it takes the gap for the end of the log, and loses what it had acknowledged since. A start without writes in between
            // removes the torn entry for good.
            _recovery.Start(() => IsReady(_recoveryPort));
            _recovery.Stop();
            _wasKilled = false;
        }

        _process.Start(() => IsReady(Port));
    }

    /// <summary>Stops it by SIGTERM.</summary>
    public void Stop() => _process.Stop();

    /// <summary>Kills it by SIGKILL.</summary>
    public void Kill()
    {
        _process.Kill();
        _wasKilled = true;
    }

    /// <summary>Creates a database that no other test uses.</summary>
    /// <param name="with">The text after CREATE DATABASE and the name, such as <c>WITH DURATION 1h</c>.</param>
    public string CreateDatabase(string with = "")
    {
        string name = UnusedName();
        CreateDatabaseNamed(name, with);
        return name;
    }

    /// <summary>A database name that is not in use, with characters that need escaping in a URL.</summary>
    public string UnusedName() => $"db {++_databases} ü&=+";

    /// <summary>Creates a database with this name.</summary>
    public void CreateDatabaseNamed(string name, string with = "") => Query("", $"CREATE DATABASE \"{name}\" {with}");

    /// <summary>The names of all databases.</summary>
    public IReadOnlyList<string> Databases() =>
        [.. Query("", "SHOW DATABASES").SelectMany(series => series.Rows).Select(row => row[0].GetString()!)];

    /// <summary>Writes lines directly, without the agent.</summary>
    public void Write(string database, string lines)
    {
        using HttpResponseMessage answer = Send(HttpMethod.Post, $"{Url}/write?precision=ns&db={Uri.EscapeDataString(database)}", new StringContent(lines));
        Assert.True(answer.StatusCode == HttpStatusCode.NoContent, Text(answer));
    }

    /// <summary>The number of points of a measurement.</summary>
    public long Count(string database, string measurement) =>
        Query(database, $"SELECT * FROM \"{measurement}\"").Sum(series => (long)series.Rows.Count);

    /// <summary>The time of the newest <c>nscollector</c> point; 0 if there is none.</summary>
    public long NewestNs(string database)
    {
        var series = Query(database, "SELECT last(cycles) FROM nscollector");
        return series.Count == 0 ? 0 : series[0].Rows[0][0].GetInt64();
    }

    /// <summary>All points of a database, with values in the types of the server.</summary>
    internal List<Point> Points(string database)
    {
        var types = Query(database, "SHOW FIELD KEYS").ToDictionary(
            series => series.Name,
            series => series.Rows.ToLookup(row => row[0].GetString()!, row => row[1].GetString()!));
        var points = new List<Point>();
        foreach (string measurement in types.Keys)
        {
            foreach (var series in Query(database, $"SELECT * FROM \"{measurement}\" GROUP BY *"))
            {
                var tags = series.Tags.Where(tag => tag.Value.Length > 0).ToDictionary(tag => tag.Key, tag => tag.Value);
                foreach (JsonElement[] row in series.Rows)
                {
                    var fields = new Dictionary<string, object>();
                    for (int i = 1; i < row.Length; i++)
                    {
                        if (row[i].ValueKind != JsonValueKind.Null)
                            fields.Add(series.Columns[i], ToFieldValue(row[i], types[measurement][series.Columns[i]]));
                    }

                    points.Add(new Point(measurement, tags, fields, row[0].GetInt64()));
                }
            }
        }

        return points;
    }

    public void Dispose()
    {
        _process.Dispose();
        _recovery.Dispose();
        _client.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    // JSON does not distinguish 5 from 5.0, so query the type; the digits are kept as written.
    private static object ToFieldValue(JsonElement value, IEnumerable<string> types) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => value.GetBoolean(),
        JsonValueKind.String => value.GetString()!,
        _ when types.Contains("integer") => long.Parse(value.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
        _ => double.Parse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    // A server process for this data at a port.
    private ServerProcess Process(string name, int port, string socket)
    {
        string configuration = Path.Combine(_directory, $"{name}.conf");
        File.WriteAllText(configuration, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:{ServerProcess.FreePort()}"
            [meta]
              dir = "{_directory}/meta"
              logging-enabled = false
            [data]
              dir = "{_directory}/data"
              wal-dir = "{_directory}/wal"
              query-log-enabled = false
              {string.Join("\n  ", _data)}
            [monitor]
              store-enabled = false
            [subscriber]
              enabled = false
            [continuous_queries]
              enabled = false
            [http]
              enabled = true
              bind-address = "127.0.0.1:{port}"
              auth-enabled = {(_authentication ? "true" : "false")}
              log-enabled = false
              unix-socket-enabled = true
              bind-socket = "{socket}"
              {(_maxBodyBytes is { } bytes ? $"max-body-size = {bytes}" : "")}
            [logging]
              level = "warn"
              suppress-logo = true

            """);
        return new ServerProcess(Path.Combine(_directory, "log"), "influxd", "-config", configuration);
    }

    private bool IsReady(int port)
    {
        try
        {
            using HttpResponseMessage answer = _client.GetAsync(new Uri($"http://127.0.0.1:{port}/ping")).Result;
            return answer.StatusCode == HttpStatusCode.NoContent;
        }
        catch (AggregateException e) when (e.InnerException is HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Runs a query or a statement.</summary>
    internal List<Series> Query(string database, string query)
    {
        string url = $"{Url}/query?epoch=ns&db={Uri.EscapeDataString(database)}";
        using HttpResponseMessage answer = Send(HttpMethod.Post, url, new FormUrlEncodedContent([new("q", query)]));
        string text = Text(answer);
        Assert.True(answer.IsSuccessStatusCode, text);
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement result = document.RootElement.GetProperty("results")[0];
        Assert.False(result.TryGetProperty("error", out JsonElement error), $"{query}: {error}");
        var all = new List<Series>();
        if (result.TryGetProperty("series", out JsonElement list))
        {
            foreach (JsonElement series in list.EnumerateArray())
            {
                Assert.False(series.TryGetProperty("partial", out _), "the server truncated its response");
                all.Add(new Series(
                    series.TryGetProperty("name", out JsonElement name) ? name.GetString()! : "",
                    series.TryGetProperty("tags", out JsonElement tags) ? tags.EnumerateObject().ToDictionary(tag => tag.Name, tag => tag.Value.GetString()!) : [],
                    [.. series.GetProperty("columns").EnumerateArray().Select(column => column.GetString()!)],
                    series.TryGetProperty("values", out JsonElement rows) ? [.. rows.EnumerateArray().Select(row => row.EnumerateArray().Select(value => value.Clone()).ToArray())] : []));
            }
        }

        return all;
    }

    private HttpResponseMessage Send(HttpMethod method, string url, HttpContent content)
    {
        using var request = new HttpRequestMessage(method, url) { Content = content };
        if (_authentication)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Administrator}:{Password}")));
        return _client.Send(request);
    }

    private static string Text(HttpResponseMessage answer)
    {
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        return reader.ReadToEnd();
    }

    /// <summary>One series of a response.</summary>
    internal sealed record Series(string Name, Dictionary<string, string> Tags, string[] Columns, List<JsonElement[]> Rows);
}
