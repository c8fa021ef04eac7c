using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Answers;
using NsCollector.Deliver.Influx.Http;

namespace NsCollector.Tests.Deliver.Influx;

[SupportedOSPlatform("linux")]
public sealed class InfluxClientTests : IDisposable
{
    private const string NoContent = "HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 13:11:15 GMT\r\nX-Influxdb-Build: OSS\r\nX-Influxdb-Version: 1.6.7~rc0\r\n\r\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Version_1_is_asked_as_its_documentation_says()
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
    public void What_is_not_given_is_not_asked_for()
    {
        ScriptedServer.Request request = Ask(new() { Name = "a", Database = "d", ExpectContinue = false });
        Assert.Equal("POST /write?db=d&precision=ns HTTP/1.1", request.Line);
        Assert.Null(request.Header("Authorization"));
        Assert.Null(request.Header("Expect"));
    }

    [Fact]
    public void Version_1_with_a_token_sends_it_as_1_8_takes_it()
    {
        ScriptedServer.Request request = Ask(new() { Name = "a", Database = "d", TokenFile = Secret("user:pw") });
        Assert.Equal("Token user:pw", request.Header("Authorization"));
    }

    [Fact]
    public void Version_2_is_asked_as_its_documentation_says()
    {
        ScriptedServer.Request request = Ask(
            new() { Name = "a", Version = InfluxVersion.V2, Organisation = "my org", Bucket = "b/rp", TokenFile = Secret("abc==\n") });
        Assert.Equal("POST /api/v2/write?org=my%20org&bucket=b%2Frp&precision=ns HTTP/1.1", request.Line);
        Assert.Equal("Token abc==", request.Header("Authorization"));
    }

    [Theory]
    [InlineData(true, false, "accept_partial=true&no_sync=false")]
    [InlineData(false, true, "accept_partial=false&no_sync=true")]
    public void Version_3_is_asked_as_its_documentation_says(bool acceptPartial, bool noSync, string query)
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
    public void A_path_in_the_url_stands_in_front(string path, string asked)
    {
        using ScriptedServer server = ScriptedServer.Answering(NoContent);
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url + path, Database = "d" });
        Assert.Equal(AnswerKind.Taken, Write(client).Kind);
        Assert.StartsWith($"POST {asked}?db=d", server.Requests[0].Line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compressed_body_goes_out_as_it_is()
    {
        using ScriptedServer server = ScriptedServer.Answering(NoContent);
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write("m f=1 1\n"u8);
        InfluxAnswer answer = client.Write(compressed.ToArray(), isGzip: true, NoLines, default);
        Assert.Equal(AnswerKind.Taken, answer.Kind);
        Assert.Equal("gzip", server.Requests[0].Header("Content-Encoding"));
        Assert.Equal(compressed.ToArray(), server.Requests[0].Body);
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 13, 11, 15, TimeSpan.Zero), answer.ServerTime);
        Assert.Equal("InfluxDB 1.6.7~rc0 OSS", answer.ServerVersion);
    }

    [Fact]
    public void Nothing_can_be_written_and_a_database_be_made_and_the_server_be_asked_whether_it_is_there()
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
    public void Requests_after_each_other_share_a_connection()
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
    public void A_body_that_is_refused_before_it_is_sent_is_not_sent()
    {
        bool isSilent = false;
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.Write("HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            isSilent = await connection.IsSilent();
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        InfluxAnswer answer = client.Write(new byte[4 * 1024 * 1024], false, NoLines, default);
        Assert.Equal(AnswerKind.TooLarge, answer.Kind);
        SpinWait.SpinUntil(() => isSilent, TimeSpan.FromSeconds(5));
        Assert.True(isSilent);
    }

    [Fact]
    public void A_server_that_knows_no_expectation_gets_the_body_after_a_moment()
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
    public void Whatever_answers_there_is_told_in_words(string answer, string kind, string told)
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody();
            await connection.Write(answer);
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(20) });
        InfluxAnswer got = Write(client);
        Assert.Equal(kind, got.Kind.ToString());
        Assert.Contains(told, got.Reason, StringComparison.Ordinal);
        // Above all, the body was sent once.
        Assert.Single(server.Requests);
    }

    [Fact]
    public void Headers_without_end_are_given_up()
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody();
            await connection.Write("HTTP/1.1 204 No Content\r\n");
            while (true) await connection.Write($"X-A: {new string('x', 1000)}\r\n");
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(20) });
        InfluxAnswer answer = Write(client);
        Assert.Equal(AnswerKind.NotADatabase, answer.Kind);
        Assert.Contains("32 KiB", answer.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("200 OK", "NotADatabase")]
    [InlineData("400 Bad Request", "RequestRefused")]
    [InlineData("500 Internal Server Error", "ServerFailed")]
    public void A_body_without_end_is_given_up_when_enough_of_it_is_read(string status, string kind)
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
    public void An_answer_that_never_ends_ends_with_the_timeout(string begin)
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody();
            await connection.Write(begin);
            await Task.Delay(-1, connection.Stop);
        });
        InfluxAnswer answer = WriteTimed(server, out TimeSpan took);
        Assert.Equal(AnswerKind.TimedOut, answer.Kind);
        Assert.Contains("0.5 s", answer.Reason, StringComparison.Ordinal);
        Assert.InRange(took, TimeSpan.FromSeconds(0.45), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void An_answer_that_comes_drop_by_drop_ends_with_the_timeout()
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
    public void A_body_that_is_not_read_ends_with_the_timeout()
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
    public void A_connection_that_is_cut_in_the_middle_of_the_body_breaks_and_nothing_is_sent_again()
    {
        using ScriptedServer server = new(async connection =>
        {
            await connection.ReadHead();
            await connection.ReadBody(100_000);
        });
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(20) });
        InfluxAnswer answer = client.Write(new byte[32 * 1024 * 1024], false, NoLines, default);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.NotEmpty(answer.Reason);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void A_server_that_closed_a_kept_connection_is_reached_by_a_new_one_or_is_unreachable_but_never_gets_a_body_twice()
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
    public void Stopping_ends_a_request_at_once()
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
    public void Where_nothing_listens_is_said()
    {
        using Socket unused = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using InfluxClient client = Client(new() { Name = "a", Url = $"http://127.0.0.1:{((IPEndPoint)unused.LocalEndPoint!).Port}", Database = "d" });
        InfluxAnswer answer = Write(client);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.Contains("refused", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_leads_nowhere_is_said()
    {
        using InfluxClient client = Client(new() { Name = "a", Url = "http://no-such-host.invalid:8086", Database = "d" });
        InfluxAnswer answer = Write(client);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.Contains("DNS", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_that_does_not_come_about_is_not_waited_for()
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
        InfluxAnswer answer = Write(client);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.Contains("no connection within 0.5 s", answer.Reason, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10));
        waiting.ForEach(one => one.Dispose());
    }

    [Fact]
    public void A_unix_socket_is_connected_to_instead_of_the_host()
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
        InfluxAnswer answer = Write(client);
        Assert.Equal(AnswerKind.Unreachable, answer.Kind);
        Assert.Contains("nothing listens on the unix socket", answer.Reason, StringComparison.Ordinal);
        using InfluxClient tooLong = Client(options with { UnixSocket = "/" + new string('x', 200) });
        Assert.Equal(AnswerKind.NotConfigured, Write(tooLong).Kind);
    }

    [Fact]
    public void A_proxy_is_asked_for_the_whole_address_unless_it_is_turned_off()
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
    public void A_proxy_that_does_not_let_us_through_is_told_from_the_server(string scheme, string status, string kind)
    {
        using ScriptedServer proxy = ScriptedServer.Answering($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        InfluxSinkOptions options = new() { Name = "a", Url = scheme + "://db.invalid:8086", Database = "d", TokenFile = Secret("s3cr3t") };
        using InfluxClient client = new(options, TimeProvider.System, new WebProxy(proxy.Url));
        InfluxAnswer answer = Write(client);
        Assert.Equal(kind, answer.Kind.ToString());
        Assert.Contains("proxy", answer.Reason, StringComparison.Ordinal);
        if (scheme == "https") Assert.All(proxy.Requests, request => Assert.Null(request.Header("Authorization")));
    }

    [Fact]
    public void A_token_that_was_put_right_is_used_by_the_request_after_the_refused_one()
    {
        string path = Secret("old");
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 19\r\n\r\n{\"error\":\"not old\"}");
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Version = InfluxVersion.V2, TokenFile = path });
        InfluxAnswer answer = Write(client);
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
    public void An_url_that_is_none_is_said(string url)
    {
        using InfluxClient client = Client(new() { Name = "a", Url = url, Database = "d" });
        Assert.Equal(AnswerKind.NotConfigured, Write(client).Kind);
    }

    [Fact]
    public void The_lines_that_an_answer_names_are_found_in_what_was_sent()
    {
        const string body = "{\"error\":\"partial write: unable to parse 'bad': missing fields dropped=0\"}";
        // influxd repeats the beginning of the error in a header, control characters and all.
        using ScriptedServer server = ScriptedServer.Answering(
            $"HTTP/1.1 400 Bad Request\r\nX-Influxdb-Error: unable \u0001\u00ff\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d" });
        int fetched = 0;
        InfluxAnswer answer = client.Write(
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

    private static InfluxAnswer Write(InfluxClient client) => client.Write("m f=1 1\n"u8.ToArray(), false, NoLines, default);

    private static InfluxAnswer WriteTimed(ScriptedServer server, out TimeSpan took)
    {
        using InfluxClient client = Client(new() { Name = "a", Url = server.Url, Database = "d", Timeout = TimeSpan.FromSeconds(0.5) });
        Stopwatch watch = Stopwatch.StartNew();
        InfluxAnswer answer = Write(client);
        took = watch.Elapsed;
        return answer;
    }

    private static ScriptedServer.Request Ask(InfluxSinkOptions options)
    {
        using ScriptedServer server = ScriptedServer.Answering(NoContent);
        using InfluxClient client = Client(options with { Url = server.Url });
        InfluxAnswer answer = Write(client);
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
