using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Http;

namespace NsCollector.Tests.Deliver.Influx;

public sealed class InfluxClientTests : IDisposable
{
    private const string NoContent = "HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 13:11:15 GMT\r\nX-Influxdb-Build: OSS\r\nX-Influxdb-Version: 1.6.7~rc0\r\n\r\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Write_version_1_request_matches_its_documentation()
    {
        ScriptedServer.Request request = Ask(
            new()
            {
                Name = "a",
                Database = "my db/ü&=+%\"",
                RetentionPolicy = "one week",
                Consistency = "quorum",
                User = "ü",
                PasswordFile = Secret("p:ä ß"),
            });
        Assert.Equal("POST /write?db=my%20db%2F%C3%BC%26%3D%2B%25%22&rp=one%20week&precision=ns&consistency=quorum HTTP/1.1", request.Line);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("ü:p:ä ß")), request.Header("Authorization"));
        Assert.Equal("text/plain; charset=utf-8", request.Header("Content-Type"));
        Assert.Null(request.Header("Content-Encoding"));
        Assert.Equal("100-continue", request.Header("Expect"));
        Assert.Matches("^nscollector/[0-9]+\\.[0-9]+\\.[0-9]+$", request.Header("User-Agent"));
        Assert.Equal("m f=1 1\n", Encoding.UTF8.GetString(request.Body));
        Assert.Equal(
            ["Authorization", "Content-Length", "Content-Type", "Expect", "Host", "User-Agent"],
            request.Headers.Select(header => header.Name).Order());
    }

    [Fact]
    public void Write_omits_empty_parameters()
    {
        ScriptedServer.Request request = Ask(new() { Name = "a", Database = "d", ExpectContinue = false });
        Assert.Equal("POST /write?db=d&precision=ns HTTP/1.1", request.Line);
        Assert.Null(request.Header("Authorization"));
        Assert.Null(request.Header("Expect"));
    }

    [Fact]
    public void Write_version_1_sends_token_as_1_8_accepts_it()
    {
        ScriptedServer.Request request = Ask(new() { Name = "a", Database = "d", TokenFile = Secret("user:pw") });
        Assert.Equal("Token user:pw", request.Header("Authorization"));
    }

    [Fact]
    public void Write_version_2_request_matches_its_documentation()
    {
        ScriptedServer.Request request = Ask(
            new() { Name = "a", Version = InfluxVersion.V2, Organisation = "my org", Bucket = "b/rp", TokenFile = Secret("abc==\n") });
        Assert.Equal("POST /api/v2/write?org=my%20org&bucket=b%2Frp&precision=ns HTTP/1.1", request.Line);
        Assert.Equal("Token abc==", request.Header("Authorization"));
    }

    [Theory]
    [InlineData(true, false, "accept_partial=true&no_sync=false")]
    [InlineData(false, true, "accept_partial=false&no_sync=true")]
    public void Write_version_3_request_matches_its_documentation(bool acceptPartial, bool noSync, string query)
    {
        ScriptedServer.Request request = Ask(new()
        {
            Name = "a",
            Version = InfluxVersion.V3,
            Database = "d",
            AcceptPartial = acceptPartial,
            NoSync = noSync,
            TokenFile = Secret("apiv3_x"),
        });
        Assert.Equal($"POST /api/v3/write_lp?db=d&precision=nanosecond&{query} HTTP/1.1", request.Line);
        Assert.Equal("Bearer apiv3_x", request.Header("Authorization"));
    }

    [Theory]
    [InlineData("/influx", "/influx/write")]
    [InlineData("/influx/", "/influx/write")]
    [InlineData("/a%2Fb/c%20d", "/a%2Fb/c%20d/write")]
    [InlineData("/", "/write")]
    public void Write_path_of_url_comes_first(string path, string asked)
    {
        using ScriptedServer server = ScriptedServer.Answering(NoContent);
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url + path, Database = "d" });
        Assert.Equal(AnswerKind.Taken, Write(client).Kind);
        Assert.StartsWith($"POST {asked}?db=d", server.Requests[0].Line, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_sends_compressed_body_unchanged()
    {
        using ScriptedServer server = ScriptedServer.Answering(NoContent);
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write("m f=1 1\n"u8);
        ServerAnswer answer = client.Write(compressed.ToArray(), isGzip: true, NoLines, default);
        Assert.Equal(AnswerKind.Taken, answer.Kind);
        Assert.Equal("gzip", server.Requests[0].Header("Content-Encoding"));
        Assert.Equal(compressed.ToArray(), server.Requests[0].Body);
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 13, 11, 15, TimeSpan.Zero), answer.ServerTime);
        Assert.Equal("InfluxDB 1.6.7~rc0 OSS", answer.ServerVersion);
    }

    [Fact]
    public void WriteNothing_Ping_and_CreateDatabase_send_their_requests()
    {
        using ScriptedServer server = ScriptedServer.Answering(NoContent);
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url + "/x", Database = "a\"b\\c d&" });
        Assert.Equal(AnswerKind.Taken, client.WriteNothing(default).Kind);
        Assert.Equal(AnswerKind.Taken, client.Ping(default).Kind);
        Assert.Equal(AnswerKind.Taken, client.CreateDatabase(default).Kind);
        Assert.Equal("0", server.Requests[0].Header("Content-Length"));
        Assert.Null(server.Requests[0].Header("Expect"));
        Assert.Equal("GET /x/ping HTTP/1.1", server.Requests[1].Line);
        Assert.Equal("POST /x/query HTTP/1.1", server.Requests[2].Line);
        Assert.Equal("application/x-www-form-urlencoded", server.Requests[2].Header("Content-Type"));
        Assert.Equal("q=CREATE DATABASE \"a\\\"b\\\\c d&\"", Uri.UnescapeDataString(Encoding.ASCII.GetString(server.Requests[2].Body)));
        Assert.DoesNotContain((byte)'&', server.Requests[2].Body);
    }

    [Fact]
    public void Write_consecutive_requests_share_a_connection()
    {
        using ScriptedServer server = ScriptedServer.Answering(NoContent);
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        for (int i = 0; i < 5; i++) Assert.Equal(AnswerKind.Taken, Write(client).Kind);
        Assert.Equal(1, server.Connections);
        client.Reload();
        Assert.Equal(AnswerKind.Taken, Write(client).Kind);
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public void Write_refused_expectation_sends_no_body()
    {
        bool isSilent = false;
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.Write("HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            isSilent = await connection.IsSilent();
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        ServerAnswer answer = client.Write(new byte[4 * 1024 * 1024], false, NoLines, default);
        Assert.Equal(AnswerKind.TooLarge, answer.Kind);
        SpinWait.SpinUntil(() => isSilent, TimeSpan.FromSeconds(5));
        Assert.True(isSilent);
    }

    [Fact]
    public void Write_server_without_expectation_gets_body_after_delay()
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await Task.Delay(1200);
            await connection.Write(NoContent);
            await connection.ReadBody();
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        Assert.Equal(AnswerKind.Taken, Write(client).Kind);
    }

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\nContent-Length: 0\r\n\r\n", "NotADatabase", "https://login.example:443")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello", "NotADatabase", "HTML")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<html>x</html>", "ServerFailed", "502")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n", "NotADatabase", "not HTTP")]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n", "Taken", "")]
    [InlineData("HTTP/1.1 503 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", "Throttled", "503")]
    [InlineData("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "NotADatabase", "not HTTP")]
    [InlineData("", "Unreachable", "closed before")]
    [InlineData("HTTP/1.1 204", "Unreachable", "closed before")]
    [InlineData("HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\n{\"error\":", "Unreachable", "closed before")]
    public void Write_unusual_response_is_explained(string answer, string kind, string expected)
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody();
            await connection.Write(answer);
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(20) });
        ServerAnswer got = Write(client);
        Assert.Equal(kind, got.Kind.ToString());
        Assert.Contains(expected, got.Reason, StringComparison.Ordinal);
        // Above all, the body was sent once.
        Assert.Single(server.Requests);
    }

    [Fact]
    public void Write_endless_headers_are_abandoned()
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody();
            await connection.Write("HTTP/1.1 204 No Content\r\n");
            while (true) await connection.Write($"X-A: {new string('x', 1000)}\r\n");
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(20) });
        ServerAnswer answer = Write(client);
        Assert.Equal(AnswerKind.NotADatabase, answer.Kind);
        Assert.Contains("32 KiB", answer.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("200 OK", "NotADatabase")]
    [InlineData("400 Bad Request", "RequestRefused")]
    [InlineData("500 Internal Server Error", "ServerFailed")]
    public void Write_endless_body_is_abandoned(string status, string kind)
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody();
            await connection.Write($"HTTP/1.1 {status}\r\n\r\n");
            while (true) await connection.Write(new string('x', 1000));
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(20) });
        Assert.Equal(kind, Write(client).Kind.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 204 No Co")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")]
    public void Write_endless_response_ends_at_timeout(string begin)
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody();
            await connection.Write(begin);
            await Task.Delay(-1, connection.Stop);
        });
        ServerAnswer answer = WriteTimed(server, out TimeSpan took);
        Assert.Equal(AnswerKind.TimedOut, answer.Kind);
        Assert.Contains("0.5 s", answer.Reason, StringComparison.Ordinal);
        Assert.InRange(took, TimeSpan.FromSeconds(0.45), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Write_slow_response_ends_at_timeout()
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody();
            await connection.Write("HTTP/1.1 200 OK\r\n\r\n");
            while (true)
            {
                await connection.Write(" ");
                await Task.Delay(20);
            }
        });
        Assert.Equal(AnswerKind.TimedOut, WriteTimed(server, out TimeSpan took).Kind);
        Assert.True(took < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Write_unread_body_ends_at_timeout()
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.Write("HTTP/1.1 100 Continue\r\n\r\n");
            await Task.Delay(-1, connection.Stop);
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(0.5) });
        Assert.Equal(AnswerKind.TimedOut, client.Write(new byte[32 * 1024 * 1024], false, NoLines, default).Kind);
    }

    [Fact]
    public void Write_connection_cut_within_body_is_not_repeated()
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody(100_000);
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(20) });
        ServerAnswer answer = client.Write(new byte[32 * 1024 * 1024], false, NoLines, default);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.NotEmpty(answer.Reason);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void Write_closed_kept_connection_never_sends_a_body_twice()
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody();
            await connection.Write(NoContent);
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        for (int i = 0; i < 20; i++)
        {
            int before = server.Requests.Count;
            AnswerKind kind = Write(client).Kind;
            Assert.True(kind is AnswerKind.Taken or AnswerKind.Unreachable, $"{kind}");
            Assert.InRange(server.Requests.Count - before, kind == AnswerKind.Taken ? 1 : 0, 1);
        }
    }

    [Fact]
    public void Write_cancelled_returns_at_once()
    {
        using CancellationTokenSource stop = new();
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            stop.Cancel();
            await Task.Delay(-1, connection.Stop);
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        Assert.Equal(AnswerKind.Cancelled, client.Write("m f=1 1\n"u8.ToArray(), false, NoLines, stop.Token).Kind);
        Assert.Equal(AnswerKind.Cancelled, client.Write("m f=1 1\n"u8.ToArray(), false, NoLines, stop.Token).Kind);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void Write_without_listener_is_reported()
    {
        using Socket unused = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using InfluxClient client = Client(new() { Name = "a", Url = $"http://127.0.0.1:{((IPEndPoint)unused.LocalEndPoint!).Port}", Database = "d" });
        ServerAnswer answer = Write(client);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.Contains("refused", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_unknown_host_is_reported()
    {
        using InfluxClient client = Client(new() { Name = "a", Url = "http://no-such-host.invalid:8086", Database = "d" });
        ServerAnswer answer = Write(client);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.Contains("DNS", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_connection_timeout_is_reported()
    {
        // A queue for one connection that nobody accepts: the kernel lets the next ones wait.
        using Socket full = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        List<Socket> waiting = [];
        for (int i = 0; i < 3; i++)
        {
            Socket one = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            waiting.Add(one);
            try
            {
                one.Connect(full.LocalEndPoint!);
            }
            catch (SocketException)
            {
                // Under way.
            }
        }
        using InfluxClient client = Client(new()
        {
            Name = "a",
            Url = $"http://127.0.0.1:{((IPEndPoint)full.LocalEndPoint!).Port}",
            Database = "d",
            ConnectTimeout = TimeSpan.FromSeconds(0.5),
        });
        Stopwatch watch = Stopwatch.StartNew();
        ServerAnswer answer = Write(client);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.Contains("no connection within 0.5 s", answer.Reason, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10));
        waiting.ForEach(one => one.Dispose());
    }

    [Fact]
    public void Write_uses_unix_socket_instead_of_host()
    {
        string path = Path.Combine(_directory.Path, "socket");
        InfluxSinkOptions options = new() { Name = "a", Url = "http://telegraf/x", UnixSocket = path, Database = "d" };
        using InfluxClient client = new(options, TimeProvider.System, new WebProxy("http://127.0.0.1:1"));
        Assert.Contains("no such unix socket", Write(client).Reason, StringComparison.Ordinal);
        using (ScriptedServer server = ScriptedServer.Answering(NoContent, path))
        {
            Assert.Equal(AnswerKind.Taken, Write(client).Kind);
            Assert.Equal("telegraf", server.Requests[0].Header("Host"));
            Assert.Equal("POST /x/write?db=d&precision=ns HTTP/1.1", server.Requests[0].Line);
        }
        client.Reload();
        using Socket unused = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        unused.Bind(new UnixDomainSocketEndPoint(path));
        ServerAnswer answer = Write(client);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.Contains("nothing listens on the unix socket", answer.Reason, StringComparison.Ordinal);
        using InfluxClient tooLong = Client(options with { UnixSocket = "/" + new string('x', 200) });
        Assert.Equal(AnswerKind.NotConfigured, Write(tooLong).Kind);
    }

    [Fact]
    public void Write_uses_proxy_unless_disabled()
    {
        using ScriptedServer proxy = ScriptedServer.Answering(NoContent);
        InfluxSinkOptions options = new() { Name = "a", Url = "http://db.invalid:8086", Database = "d" };
        using InfluxClient client = new(options, TimeProvider.System, new WebProxy(proxy.Url));
        Assert.Equal(AnswerKind.Taken, Write(client).Kind);
        Assert.Equal("POST http://db.invalid:8086/write?db=d&precision=ns HTTP/1.1", proxy.Requests[0].Line);
        using InfluxClient without = new(options with { UseProxy = false }, TimeProvider.System, new WebProxy(proxy.Url));
        Assert.Equal(AnswerKind.Unreachable, Write(without).Kind);
        Assert.Single(proxy.Requests);
    }

    [Theory]
    [InlineData("http", "407 Proxy Authentication Required", "Unauthorized")]
    [InlineData("https", "407 Proxy Authentication Required", "Unauthorized")]
    [InlineData("https", "403 Forbidden", "Unreachable")]
    [InlineData("https", "502 Bad Gateway", "Unreachable")]
    public void Write_refusal_of_proxy_is_reported_as_such(string scheme, string status, string kind)
    {
        using ScriptedServer proxy = ScriptedServer.Answering($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        InfluxSinkOptions options = new() { Name = "a", Url = scheme + "://db.invalid:8086", Database = "d", TokenFile = Secret("s3cr3t") };
        using InfluxClient client = new(options, TimeProvider.System, new WebProxy(proxy.Url));
        ServerAnswer answer = Write(client);
        Assert.Equal(kind, answer.Kind.ToString());
        Assert.Contains("proxy", answer.Reason, StringComparison.Ordinal);
        if (scheme == "https") Assert.All(proxy.Requests, request => Assert.Null(request.Header("Authorization")));
    }

    [Fact]
    public void Write_reads_corrected_token_after_a_refusal()
    {
        string path = Secret("old");
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 19\r\n\r\n{\"error\":\"not old\"}");
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Version = InfluxVersion.V2, TokenFile = path });
        ServerAnswer answer = Write(client);
        Assert.Equal(AnswerKind.Unauthorized, answer.Kind);
        Assert.DoesNotContain("old", answer.Reason, StringComparison.Ordinal);
        System.IO.File.WriteAllText(path, "new");
        Write(client);
        System.IO.File.Delete(path);
        answer = Write(client);
        Assert.Equal(AnswerKind.NotConfigured, answer.Kind);
        Assert.Contains("is not found", answer.Reason, StringComparison.Ordinal);
        Secret("newer");
        Write(client);
        Assert.Equal(["Token old", "Token new", "Token newer"], server.Requests.Select(request => request.Header("Authorization")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://")]
    [InlineData("http://a b")]
    [InlineData("nonsense")]
    public void Write_invalid_url_is_reported(string url)
    {
        using InfluxClient client = Client(new() { Name = "a", Url = url, Database = "d" });
        Assert.Equal(AnswerKind.NotConfigured, Write(client).Kind);
    }

    [Fact]
    public void Write_finds_named_lines_in_what_was_sent()
    {
        const string body = "{\"error\":\"partial write: unable to parse 'bad': missing fields dropped=0\"}";
        // influxd repeats the beginning of the error in a header, control characters and all.
        using ScriptedServer server = ScriptedServer.Answering(
            $"HTTP/1.1 400 Bad Request\r\nX-Influxdb-Error: unable \u0001\u00ff\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        int fetched = 0;
        ServerAnswer answer = client.Write(
            "ignored"u8.ToArray(),
            false,
            () =>
            {
                fetched++;
                return "m f=1 1\nbad\n"u8.ToArray();
            },
            default);
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal([new RefusedLine(1, "missing fields")], answer.RefusedLines);
        Assert.Equal(1, fetched);
    }

    private static InfluxClient Client(InfluxSinkOptions options) => new(options, TimeProvider.System);

    private static ReadOnlyMemory<byte> NoLines() => default;

    private static ServerAnswer Write(InfluxClient client) => client.Write("m f=1 1\n"u8.ToArray(), false, NoLines, default);

    private static ServerAnswer WriteTimed(ScriptedServer server, out TimeSpan took)
    {
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(0.5) });
        Stopwatch watch = Stopwatch.StartNew();
        ServerAnswer answer = Write(client);
        took = watch.Elapsed;
        return answer;
    }

    private static ScriptedServer.Request Ask(InfluxSinkOptions options)
    {
        using ScriptedServer server = ScriptedServer.Answering(NoContent);
        using InfluxClient client = Client(options with { Url = server.Url });
        ServerAnswer answer = Write(client);
        Assert.True(answer.Kind == AnswerKind.Taken, answer.Reason);
        return Assert.Single(server.Requests);
    }

    private string Secret(string text)
    {
        string path = Path.Combine(_directory.Path, "secret");
        System.IO.File.WriteAllText(path, text);
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
