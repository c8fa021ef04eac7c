using System.Globalization;
using Mono.Unix.Native;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Host.Check;

namespace NsCollector.Tests.Host.Check;

public sealed class InfluxCheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Server_that_accepts_writes_is_ok_with_version_and_round_trip()
    {
        using AnsweringServer server = new((_, response) =>
        {
            response.StatusCode = 204;
            response.Headers["X-Influxdb-Version"] = "1.6.7";
            response.Headers["X-Influxdb-Build"] = "OSS";
            return "";
        });
        Finding[] findings = Findings(Sink(server.Url));
        Assert.All(findings, finding => Assert.Equal(Severity.Ok, finding.Severity));
        Assert.Matches($@"^influx:a: {server.Url}: InfluxDB 1\.6\.7 OSS answers in [0-9]+\.[0-9] ms$", findings[0].Text);
        Assert.Contains("the clocks agree (", findings[1].Text, StringComparison.Ordinal);
        Assert.Equal($"influx:a: {server.Url}: writes are accepted (database d, without authentication)", findings[2].Text);
        Assert.Equal(["GET /ping", "GET /ping", "POST /write?db=d&precision=ns"], server.Asked);
    }

    [Theory]
    [InlineData(InfluxVersion.V2, "{\"code\":\"invalid\",\"message\":\"writing requires points\"}", "bucket b of o")]
    [InlineData(InfluxVersion.V3, "{\"error\":\"write buffer error: empty write\",\"data\":null}", "database d")]
    public void Server_that_refuses_only_the_empty_write_is_ok(InfluxVersion version, string body, string expected)
    {
        using AnsweringServer server = new((request, response) =>
        {
            response.StatusCode = request.HttpMethod == "GET" ? 204 : 400;
            response.ContentType = "application/json";
            return body;
        });
        Finding last = Findings(Sink(server.Url) with { Version = version, Organisation = "o", Bucket = "b" })[^1];
        Assert.Equal(Finding.Ok($"influx:a: {server.Url}: writes are accepted ({expected}, without authentication); the server only reported that the request had no lines"), last);
    }

    [Theory]
    [InlineData(InfluxVersion.V1, 401, "{\"error\":\"unable to parse authentication credentials\"}", "unable to parse authentication credentials (HTTP 401); set user and password_file (or token_file)")]
    [InlineData(InfluxVersion.V2, 401, "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}", "unauthorized access (HTTP 401); set token_file")]
    [InlineData(InfluxVersion.V1, 404, "{\"error\":\"database not found: \\\"d\\\"\"}", "database not found: \"d\" (HTTP 404); create the database on the server, or set create_database = on")]
    [InlineData(InfluxVersion.V2, 404, "{\"code\":\"not found\",\"message\":\"bucket \\\"b\\\" not found\"}", "bucket \"b\" not found (HTTP 404); create it on the server, or correct org and bucket")]
    [InlineData(InfluxVersion.V1, 500, "{\"error\":\"retention policy not found: zz\"}", "retention policy not found: zz (HTTP 500); create it on the server, or correct retention_policy")]
    [InlineData(InfluxVersion.V1, 200, "<html>Welcome</html>", "check url (with its path) and version")]
    [InlineData(InfluxVersion.V1, 404, "404 page not found", "check url (with its path) and version")]
    [InlineData(InfluxVersion.V1, 302, "", "check url (with its path) and version")]
    [InlineData(InfluxVersion.V1, 500, "{\"error\":\"engine is closed\"}", "engine is closed (HTTP 500); see the server's log")]
    public void Server_that_refuses_writes_fails_with_remedy(InfluxVersion version, int status, string body, string expected)
    {
        using AnsweringServer server = new((_, response) =>
        {
            response.StatusCode = status;
            response.ContentType = body.StartsWith('<') ? "text/html" : "application/json";
            return body;
        });
        Finding last = Findings(Sink(server.Url) with { Version = version, Organisation = "o", Bucket = "b" })[^1];
        Assert.Equal(Severity.Fail, last.Severity);
        Assert.Contains(expected, last.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_database_to_create_and_throttling_only_warn()
    {
        int status = 404;
        using AnsweringServer server = new((_, response) =>
        {
            response.StatusCode = status;
            return "{\"error\":\"database not found: \\\"d\\\"\"}";
        });
        Finding last = Findings(Sink(server.Url) with { CreateDatabase = true })[^1];
        Assert.Equal(Finding.Warn($"influx:a: {server.Url}: database d does not exist yet; the agent will create it (create_database)"), last);
        Assert.Equal(Severity.Fail, InfluxCheck.Written(
            Sink(server.Url) with { CreateDatabase = true }, "influx:a", new ServerAnswer { Kind = AnswerKind.NotFound, Reason = "retention policy not found: zz" }).Severity);
        status = 503;
        last = Findings(Sink(server.Url))[^1];
        Assert.Equal(Severity.Warn, last.Severity);
        Assert.Contains("the server asks the agent to wait", last.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Unreachable_server_gets_one_request()
    {
        string url = $"http://127.0.0.1:{AnsweringServer.FreePort()}";
        Finding only = Assert.Single(Findings(Sink(url)));
        Assert.Equal(Finding.Fail($"influx:a: {url}: the connection is refused: nothing listens there; check that the server is running, that url is right, and that no firewall blocks the connection"), only);
    }

    [Fact]
    public void Server_that_never_answers_fails_within_timeout()
    {
        using AnsweringServer server = new((_, _) =>
        {
            Thread.Sleep(TimeSpan.FromSeconds(2));
            return "";
        });
        Finding only = Assert.Single(Findings(Sink(server.Url) with { Timeout = TimeSpan.FromMilliseconds(300) }));
        Assert.Equal(Severity.Fail, only.Severity);
        Assert.Contains("no complete response within 0.3 s; check that the database listens there", only.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_is_sent_but_not_shown_even_if_server_echoes_it()
    {
        string token = _directory.Write("token", "hunter2");
        Assert.Equal(0, Syscall.chmod(token, FilePermissions.S_IRUSR));
        List<string?> sent = [];
        using AnsweringServer server = new((request, response) =>
        {
            lock (sent) sent.Add(request.Headers["Authorization"]);
            response.StatusCode = 401;
            return "{\"error\":\"token hunter2 unknown\"}";
        });
        Finding[] findings = Findings(Sink(server.Url) with { Version = InfluxVersion.V3, TokenFile = token });
        Assert.Equal(["Bearer hunter2", "Bearer hunter2", "Bearer hunter2"], sent);
        Assert.All(findings, finding => Assert.DoesNotContain("hunter2", finding.Text, StringComparison.Ordinal));
        Assert.Contains("check that the token in token_file exists on the server and may write", findings[^1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, Severity.Ok, "agree (0 s)")]
    [InlineData(29, Severity.Ok, "agree (+29 s)")]
    [InlineData(30, Severity.Warn, "differs by +30 s")]
    [InlineData(-30, Severity.Warn, "differs by -30 s")]
    [InlineData(-3600, Severity.Warn, "differs by -3600 s")]
    public void Skew_of_30_seconds_warns_with_sign(int seconds, object severity, string expected)
    {
        DateTimeOffset now = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);
        Finding finding = InfluxCheck.Skew("influx:a", now.AddSeconds(seconds), now);
        Assert.Equal(severity, finding.Severity);
        Assert.Contains(expected, finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Skew_is_computed_from_Date_header()
    {
        using AnsweringServer server = new((_, response) =>
        {
            response.Headers["Date"] = DateTime.UtcNow.AddHours(-1).ToString("r", CultureInfo.InvariantCulture);
            response.StatusCode = 204;
            return "";
        });
        Finding finding = Findings(Sink(server.Url)).Single(finding => finding.Severity == Severity.Warn);
        Assert.Matches("the server's clock differs by -36[0-9]{2} s", finding.Text);
    }

    [Fact]
    public void Tls_verify_off_warns()
    {
        Finding[] findings = Findings(Sink($"https://127.0.0.1:{AnsweringServer.FreePort()}") with { TlsVerify = false });
        Assert.Equal([Severity.Warn, Severity.Fail], findings.Select(finding => finding.Severity));
        Assert.Contains("tls_verify = off: anybody on the network path", findings[0].Text, StringComparison.Ordinal);
    }

    private static InfluxSinkOptions Sink(string url) => new() { Name = "a", Url = url, Database = "d", UseProxy = false };

    private static Finding[] Findings(InfluxSinkOptions sink) => [.. InfluxCheck.Findings(sink, TimeProvider.System)];
}
