using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Influx.Answers;

/// <summary>An influxd with small limits and a directory of its own, on free ports of loopback.</summary>
internal sealed class AnsweringInfluxd : IDisposable
{
    /// <summary>max-body-size, in bytes.</summary>
    public const int MaxBodyBytes = 20_000;

    /// <summary>max-values-per-tag.</summary>
    public const int MaxValuesPerTag = 3;

    /// <summary>max-series-per-database.</summary>
    public const int MaxSeries = 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-influxd-").FullName;
    private readonly Process _process;
    private readonly HttpClient _http = new();

    /// <param name="isAuthenticated">Whether users must say who they are.</param>
    public AnsweringInfluxd(bool isAuthenticated)
    {
        int port = FreePort();
        Url = $"http://127.0.0.1:{port}";
        string configuration = Path.Combine(_directory, "influxdb.conf");
        File.WriteAllText(configuration, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:{FreePort()}"
            [meta]
            dir = "{_directory}/meta"
            [data]
            dir = "{_directory}/data"
            wal-dir = "{_directory}/wal"
            max-values-per-tag = {MaxValuesPerTag}
            max-series-per-database = {MaxSeries}
            [http]
            bind-address = "127.0.0.1:{port}"
            auth-enabled = {(isAuthenticated ? "true" : "false")}
            max-body-size = {MaxBodyBytes}
            log-enabled = false
            [monitor]
            store-enabled = false
            """);
        _process = Command.Start("influxd", "-config", configuration);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        try
        {
            Eventually.True(IsUp, "influxd answers");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The server's address.</summary>
    public string Url { get; }

    /// <summary>Runs statements that must succeed.</summary>
    public void Do(string statements, string user = "", string password = "")
    {
        string answer = Post("q=" + Uri.EscapeDataString(statements), user, password);
        if (answer.Contains("\"error\"", StringComparison.Ordinal)) throw new InvalidOperationException(answer);
    }

    /// <summary>All values of a field, as JSON, in the order of their timestamps.</summary>
    public string[] Values(string database, string measurement, string field = "f", string retentionPolicy = "autogen")
    {
        string query = $"SELECT \"{field}\" FROM \"{retentionPolicy}\".\"{measurement}\"";
        using JsonDocument answer = JsonDocument.Parse(Post($"db={database}&q={Uri.EscapeDataString(query)}", "", ""));
        JsonElement result = answer.RootElement.GetProperty("results")[0];
        return result.TryGetProperty("series", out JsonElement series)
            ? [.. series[0].GetProperty("values").EnumerateArray().Select(row => row[1].GetRawText())]
            : [];
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private string Post(string form, string user, string password)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Url + "/query");
        request.Content = new StringContent(form, System.Text.Encoding.ASCII, "application/x-www-form-urlencoded");
        if (user.Length > 0)
            request.Headers.Add("Authorization", "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}")));
        using HttpResponseMessage response = _http.Send(request);
        using StreamReader reader = new(response.Content.ReadAsStream());
        return reader.ReadToEnd();
    }

    private bool IsUp()
    {
        if (_process.HasExited) throw new InvalidOperationException($"influxd ended with status {_process.ExitCode}");
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, Url + "/ping");
            using HttpResponseMessage response = _http.Send(request);
            return response.StatusCode == HttpStatusCode.NoContent;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
