using System.Globalization;
using Mono.Unix.Native;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Answers;
using NsCollector.Host.Check;

namespace NsCollector.Tests.Host.Check;

public sealed class InfluxCheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_server_that_takes_writes_is_named_with_what_it_is_and_how_far()
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
        Assert.Matches($@"^influx:a: {server.Url}: InfluxDB 1\.6\.7 OSS answers within [0-9]+\.[0-9] ms$", findings[0].Text);
        Assert.Contains("the server's clock is as ours (", findings[1].Text, StringComparison.Ordinal);
        Assert.Equal($"influx:a: {server.Url}: writes are taken (database d, without authentication)", findings[2].Text);
        Assert.Equal(["GET /ping", "GET /ping", "POST /write?db=d&precision=ns"], server.Asked);
    }

    [Theory]
    [InlineData(InfluxVersion.V2, "{\"code\":\"invalid\",\"message\":\"writing requires points\"}", "bucket b of o")]
    [InlineData(InfluxVersion.V3, "{\"error\":\"write buffer error: empty write\",\"data\":null}", "database d")]
    public void A_server_that_only_misses_the_lines_takes_writes(InfluxVersion version, string body, string wanted)
    {
        using AnsweringServer server = new((request, response) =>
        {
            response.StatusCode = request.HttpMethod == "GET" ? 204 : 400;
            response.ContentType = "application/json";
            return body;
        });
        Finding last = Findings(Sink(server.Url) with { Version = version, Organisation = "o", Bucket = "b" })[^1];
        Assert.Equal(Finding.Ok($"influx:a: {server.Url}: writes are taken ({wanted}, without authentication); it only misses the lines that check does not send"), last);
    }

    [Theory]
    [InlineData(InfluxVersion.V1, 401, "{\"error\":\"unable to parse authentication credentials\"}", "unable to parse authentication credentials (HTTP 401); it wants user and password_file (or token_file)")]
    [InlineData(InfluxVersion.V2, 401, "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}", "unauthorized access (HTTP 401); it wants a token_file")]
    [InlineData(InfluxVersion.V1, 404, "{\"error\":\"database not found: \\\"d\\\"\"}", "database not found: \"d\" (HTTP 404); create the database on the server, or set create_database = on")]
    [InlineData(InfluxVersion.V2, 404, "{\"code\":\"not found\",\"message\":\"bucket \\\"b\\\" not found\"}", "bucket \"b\" not found (HTTP 404); create it on the server, or mend org and bucket")]
    [InlineData(InfluxVersion.V1, 500, "{\"error\":\"retention policy not found: zz\"}", "retention policy not found: zz (HTTP 500); create it on the server, or mend retention_policy")]
    [InlineData(InfluxVersion.V1, 200, "<html>Welcome</html>", "are url (with its path) and version right?")]
    [InlineData(InfluxVersion.V1, 404, "404 page not found", "are url (with its path) and version right?")]
    [InlineData(InfluxVersion.V1, 302, "", "are url (with its path) and version right?")]
    [InlineData(InfluxVersion.V1, 500, "{\"error\":\"engine is closed\"}", "engine is closed (HTTP 500); see the server's log")]
    public void A_server_that_takes_no_writes_fails_with_what_to_do(InfluxVersion version, int status, string body, string wanted)
    {
        using AnsweringServer server = new((_, response) =>
        {
            response.StatusCode = status;
            response.ContentType = body.StartsWith('<') ? "text/html" : "application/json";
            return body;
        });
        Finding last = Findings(Sink(server.Url) with { Version = version, Organisation = "o", Bucket = "b" })[^1];
        Assert.Equal(Severity.Fail, last.Severity);
        Assert.Contains(wanted, last.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_that_the_agent_will_make_and_a_server_that_asks_to_wait_are_no_failure()
    {
        int status = 404;
        using AnsweringServer server = new((_, response) =>
        {
            response.StatusCode = status;
            return "{\"error\":\"database not found: \\\"d\\\"\"}";
        });
        Finding last = Findings(Sink(server.Url) with { CreateDatabase = true })[^1];
        Assert.Equal(Finding.Warn($"influx:a: {server.Url}: there is no database d yet; the agent will make it (create_database)"), last);
        Assert.Equal(Severity.Fail, InfluxCheck.Written(
            Sink(server.Url) with { CreateDatabase = true }, "influx:a", new InfluxAnswer { Kind = AnswerKind.NotFound, Reason = "retention policy not found: zz" }).Severity);
        status = 503;
        last = Findings(Sink(server.Url))[^1];
        Assert.Equal(Severity.Warn, last.Severity);
        Assert.Contains("the server asks to wait", last.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_listens_nothing_more_is_asked()
    {
        string url = $"http://127.0.0.1:{AnsweringServer.FreePort()}";
        Finding only = Assert.Single(Findings(Sink(url)));
        Assert.Equal(Finding.Fail($"influx:a: {url}: the connection is refused: nothing listens there; is the server running, is url right, and does a firewall stand between?"), only);
    }

    [Fact]
    public void A_server_that_never_answers_fails_in_time()
    {
        using AnsweringServer server = new((_, _) =>
        {
            Thread.Sleep(TimeSpan.FromSeconds(2));
            return "";
        });
        Finding only = Assert.Single(Findings(Sink(server.Url) with { Timeout = TimeSpan.FromMilliseconds(300) }));
        Assert.Equal(Severity.Fail, only.Severity);
        Assert.Contains("no complete response within 0.3 s; is what listens there the database", only.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_token_is_sent_and_never_shown_even_where_the_server_sends_it_back()
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
        Assert.Contains("does the token in token_file exist on the server, and may it write there?", findings[^1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, Severity.Ok, "as ours (0 s)")]
    [InlineData(29, Severity.Ok, "as ours (+29 s)")]
    [InlineData(30, Severity.Warn, "at +30 s to ours")]
    [InlineData(-30, Severity.Warn, "at -30 s to ours")]
    [InlineData(-3600, Severity.Warn, "at -3600 s to ours")]
    public void A_clock_that_is_30_s_off_is_warned_of_with_its_sign(int seconds, object severity, string wanted)
    {
        DateTimeOffset now = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);
        Finding finding = InfluxCheck.Skew("influx:a", now.AddSeconds(seconds), now);
        Assert.Equal(severity, finding.Severity);
        Assert.Contains(wanted, finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_servers_clock_is_taken_from_its_answer()
    {
        using AnsweringServer server = new((_, response) =>
        {
            response.Headers["Date"] = DateTime.UtcNow.AddHours(-1).ToString("r", CultureInfo.InvariantCulture);
            response.StatusCode = 204;
            return "";
        });
        Finding finding = Findings(Sink(server.Url)).Single(finding => finding.Severity == Severity.Warn);
        Assert.Matches("the server's clock is at -36[0-9]{2} s to ours", finding.Text);
    }

    [Fact]
    public void Certificates_that_are_not_checked_are_warned_of()
    {
        Finding[] findings = Findings(Sink($"https://127.0.0.1:{AnsweringServer.FreePort()}") with { TlsVerify = false });
        Assert.Equal([Severity.Warn, Severity.Fail], findings.Select(finding => finding.Severity));
        Assert.Contains("tls_verify = off: whoever stands between here and the server", findings[0].Text, StringComparison.Ordinal);
    }

    private static InfluxSinkOptions Sink(string url) => new() { Name = "a", Url = url, Database = "d", UseProxy = false };

    private static Finding[] Findings(InfluxSinkOptions sink) => [.. InfluxCheck.Findings(sink, TimeProvider.System)];
}
