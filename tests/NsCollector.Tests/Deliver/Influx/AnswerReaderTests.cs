using System.Diagnostics;
using System.Text;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Answers;

namespace NsCollector.Tests.Deliver.Influx;

/// <summary>Bodies as influxd 1.6.7 sent them, and as the sources and documentation of 2.x and 3.x have them.</summary>
public class AnswerReaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 204, "", "Taken")]
    [InlineData(1, 200, "", "Taken")]
    [InlineData(1, 200, "{\"results\":[{\"statement_id\":0}]}", "Taken")]
    [InlineData(1, 200, "{\"results\":[{\"statement_id\":0,\"error\":\"invalid name\"}]}", "RequestRefused")]
    [InlineData(1, 200, "{\"error\":\"timeout\"}", "RequestRefused")]
    [InlineData(1, 200, "{\"error\":{\"code\":3}}", "RequestRefused")]
    [InlineData(3, 200, "{\"version\":\"3.0\",\"revision\":\"x\"}", "Taken")]
    [InlineData(1, 200, "error: no room", "NotADatabase")]
    [InlineData(1, 200, "<html>Sign in</html>", "NotADatabase")]
    [InlineData(1, 200, "  <!DOCTYPE html>", "NotADatabase")]
    [InlineData(1, 301, "", "NotADatabase")]
    [InlineData(1, 304, "", "NotADatabase")]
    [InlineData(1, 101, "", "NotADatabase")]
    [InlineData(1, 999, "", "NotADatabase")]
    [InlineData(1, 400, "{\"error\":\"database is required\"}", "NotFound")]
    [InlineData(1, 404, "{\"error\":\"database not found: \\\"nope\\\"\"}", "NotFound")]
    [InlineData(1, 500, "{\"error\":\"retention policy not found: none\"}", "NotFound")]
    [InlineData(2, 404, "{\"code\":\"not found\",\"message\":\"bucket \\\"b\\\" not found\"}", "NotFound")]
    [InlineData(2, 404, "{\"code\":\"not found\",\"message\":\"organization name \\\"o\\\" not found\"}", "NotFound")]
    [InlineData(2, 404, "{\"code\":\"not found\",\"message\":\"path not found\"}", "NotADatabase")]
    [InlineData(1, 404, "404 page not found\n", "NotADatabase")]
    [InlineData(1, 404, "<html><h1>404 Not Found</h1>database</html>", "NotADatabase")]
    [InlineData(3, 404, "{\"error\":\"database 'd' does not exist\"}", "NotFound")]
    [InlineData(1, 400, "{\"error\":\"unable to parse 'only bad': invalid field format\"}", "LinesRefused")]
    [InlineData(1, 400, "{\"error\":\"unexpected EOF\"}", "RequestRefused")]
    [InlineData(1, 400, "partial write: unable to parse 'x': y dropped=0", "LinesRefused")]
    [InlineData(1, 400, "{\"error\":\"partial write: something new dropped=3\"}", "LinesRefused")]
    [InlineData(1, 400, "{\"error\":\"partial write: max-series-per-database limit exceeded: (20) dropped=39\"}", "ServerRefused")]
    [InlineData(1, 400, "{\"error\":\"partial write: shard 7 is pending deletion dropped=39\"}", "ServerRefused")]
    [InlineData(1, 400, "remoteAddr: \"127.0.0.1:1\"; unsupported path requested: \"/api/v3/write_lp\"", "NotADatabase")]
    [InlineData(1, 400, "<html><h1>400 Bad Request</h1></html>", "NotADatabase")]
    [InlineData(2, 400, "{\"code\":\"invalid\",\"message\":\"unable to parse 'm f': missing field\"}", "LinesRefused")]
    [InlineData(2, 400, "{\"code\":\"invalid\",\"message\":\"failed to decode gzip: unexpected EOF\"}", "RequestRefused")]
    [InlineData(2, 400, "{\"code\":\"invalid\",\"message\":\"precision is not valid\"}", "RequestRefused")]
    [InlineData(2, 400, "{\"code\":\"invalid\",\"message\":\"partial write: field type conflict: x dropped=1\"}", "LinesRefused")]
    [InlineData(2, 422, "{\"code\":\"unprocessable entity\",\"message\":\"some points were refused\"}", "LinesRefused")]
    [InlineData(3, 422, "{\"error\":\"Update to schema would exceed number of columns per table limit of 500 columns\"}", "RequestRefused")]
    [InlineData(3, 400, "{\"error\":\"parsing failed for write_lp endpoint\",\"data\":{\"original_line\":\"x\",\"line_number\":1,\"error_message\":\"No fields\"}}", "LinesRefused")]
    [InlineData(3, 400, "{\"error\":\"db name did not start with a number or letter\"}", "RequestRefused")]
    [InlineData(1, 401, "{\"error\":\"authorization failed\"}", "Unauthorized")]
    [InlineData(1, 403, "{\"error\":\"\\\"n\\\" user is not authorized to write to database \\\"d\\\"\"}", "Unauthorized")]
    [InlineData(1, 407, "<html>proxy</html>", "Unauthorized")]
    [InlineData(1, 402, "{\"error\":\"quota\"}", "ServerRefused")]
    [InlineData(1, 405, "", "NotADatabase")]
    [InlineData(1, 408, "", "ServerFailed")]
    [InlineData(1, 410, "", "NotADatabase")]
    [InlineData(1, 411, "", "RequestRefused")]
    [InlineData(1, 413, "{\"error\":\"Request Entity Too Large\"}", "TooLarge")]
    [InlineData(1, 413, "<html>413 Request Entity Too Large</html>", "TooLarge")]
    [InlineData(1, 415, "", "RequestRefused")]
    [InlineData(1, 417, "", "RequestRefused")]
    [InlineData(1, 429, "", "Throttled")]
    [InlineData(1, 503, "{\"error\":\"too many writes\"}", "Throttled")]
    [InlineData(1, 503, "<html>503</html>", "Throttled")]
    [InlineData(1, 500, "{\"error\":\"timeout\"}", "ServerFailed")]
    [InlineData(1, 500, "", "ServerFailed")]
    [InlineData(1, 500, "<html>500</html>", "NotADatabase")]
    [InlineData(1, 501, "", "NotADatabase")]
    [InlineData(1, 502, "<html>502 Bad Gateway</html>", "ServerFailed")]
    [InlineData(1, 504, "<html>504</html>", "ServerFailed")]
    [InlineData(1, 507, "", "ServerFailed")]
    public void Read_status_and_body_give_expected_kind(int version, int status, string body, string kind)
    {
        ServerAnswer answer = Read(status, body, "m f=1 1\nm f=2 2\n", (InfluxVersion)version);
        Assert.Equal(kind, answer.Kind.ToString());
        Assert.Equal(status, answer.Status);
        Assert.Equal(answer.Kind == AnswerKind.Taken, answer.Reason.Length == 0);
        Assert.Empty(answer.RefusedLines);
    }

    [Fact]
    public void Read_finds_every_repeated_bad_line_with_any_content()
    {
        string[] sent = ["m f=1i 2", "bad line here", "m f=2i 3", "also \"bad' f", "quote': inside", "m f=", "é <&> \\,x", "m g=1i 9x", "m f=3i 4"];
        ServerAnswer answer = Read(
            400,
            "{\"error\":\"partial write: unable to parse 'bad line here': invalid field format\\nunable to parse 'also \\\"bad' f': invalid field format\\n" +
            "unable to parse 'quote': inside': it's: bad\\nunable to parse 'm f=': missing field value\\nunable to parse 'é \\u003c\\u0026\\u003e \\\\,x': no\\n" +
            "unable to parse 'm g=1i 9x': bad timestamp dropped=0\"}",
            string.Join('\n', sent));
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal([1, 3, 4, 5, 6, 7], answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(
            ["invalid field format", "invalid field format", "it's: bad", "missing field value", "no", "bad timestamp"],
            answer.RefusedLines.Select(line => line.Reason));
        Assert.Equal(6, answer.RefusedPoints);
        Assert.Equal(0, answer.ExpiredPoints);
    }

    [Fact]
    public void Read_bad_line_sent_twice_is_refused_twice()
    {
        ServerAnswer answer = Read(
            400,
            "{\"error\":\"partial write: unable to parse 'bad': x\\nunable to parse 'bad': x dropped=0\"}",
            "bad\nm f=1 1\nbad\n");
        Assert.Equal([0, 2], answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(2, answer.RefusedPoints);
    }

    [Fact]
    public void Read_bad_line_not_sent_is_only_counted()
    {
        ServerAnswer answer = Read(400, "{\"error\":\"partial write: unable to parse 'other': x dropped=0\"}", "m f=1 1\n");
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Empty(answer.RefusedLines);
        Assert.Equal(1, answer.RefusedPoints);
    }

    [Fact]
    public void Read_bad_line_merged_with_good_ones_is_LinesRefused()
    {
        ServerAnswer answer = Read(
            400,
            "{\"error\":\"partial write: unable to parse 'm b=\\\"x\\nm f=2 5\\nm q=\\\"': unbalanced quotes dropped=0\"}",
            "m b=\"x\nm f=2 5\nm q=\"\nm f=3 6\n");
        Assert.Equal(AnswerKind.LinesRefused, answer.Kind);
    }

    [Fact]
    public void Read_type_conflict_refuses_lines_with_that_field_and_type()
    {
        string sent = """
            m f=1.5 4
            m f=2i 5
            m,a=b g=1,f=3.5 7
            other f=1.5 4
            m ff=1.5 4
            my\ m f=1.5
            m g="f=1.5" 3
            m f="f" 3
            """;
        ServerAnswer answer = Read(
            400,
            "{\"error\":\"partial write: field type conflict: input field \\\"f\\\" on measurement \\\"m\\\" is type float, already exists as type integer dropped=2\"}",
            sent);
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal([0, 2], answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(2, answer.RefusedPoints);
        Assert.StartsWith("field type conflict: input field \"f\" on", answer.RefusedLines[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_type_conflict_compares_unescaped_names()
    {
        ServerAnswer answer = Read(
            400,
            "{\"error\":\"partial write: field type conflict: input field \\\"f,x\\\" on measurement \\\"my \\\"m\\\" is type float, already exists as type integer dropped=3\"}",
            "my\\ \"m,t=a f\\,x=1 2\nm g=5 2\n");
        Assert.Equal([0], answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(3, answer.RefusedPoints);
    }

    [Theory]
    [InlineData("points beyond retention policy dropped=2")]
    [InlineData("dropped 2 points outside retention policy of duration 1h0m0s - oldest point x dropped=2")]
    public void Read_expired_points_are_counted_separately(string text)
    {
        ServerAnswer answer = Read(400, "{\"error\":\"partial write: " + text + "\"}", "m f=1 1\nm f=2 2\nm f=3\n");
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal(2, answer.ExpiredPoints);
        Assert.Equal(0, answer.RefusedPoints);
        Assert.Empty(answer.RefusedLines);
    }

    [Fact]
    public void Read_max_values_per_tag_finds_lines_by_tag()
    {
        ServerAnswer answer = Read(
            400,
            "{\"error\":\"partial write: max-values-per-tag limit exceeded (5/3): measurement=\\\"t\\\" tag=\\\"k\\\" value=\\\"f g\\\" dropped=2\"}",
            "t,k=f\\ g f=1 1\nt,k=g,z=1 f=1 2\nt,k=a f=9 3\nu,k=f\\ g f=1 1\nt,l=f\\ g f=1 1\n");
        Assert.Equal([0], answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(2, answer.RefusedPoints);
    }

    [Fact]
    public void Read_invalid_tag_key_finds_lines_by_key()
    {
        ServerAnswer answer = Read(
            400,
            "{\"error\":\"partial write: invalid tag key: input tag \\\"time\\\" on measurement \\\"m\\\" is invalid dropped=1\"}",
            "m,time=3 f=1i 1\nm f=1i 4\n");
        Assert.Equal([0], answer.RefusedLines.Select(line => line.Index));
    }

    [Fact]
    public void Read_version_2_status_422_is_a_partial_write()
    {
        ServerAnswer answer = Read(
            422,
            "{\"code\":\"unprocessable entity\",\"message\":\"failure writing points to database: partial write: field type conflict: input field \\\"f\\\" on measurement \\\"m\\\" is type float, already exists as type integer dropped=1\"}",
            "m f=1i 1\nm f=1.5 2\n",
            InfluxVersion.V2);
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal([1], answer.RefusedLines.Select(line => line.Index));
    }

    [Fact]
    public void Read_version_3_uses_line_numbers()
    {
        const string body = "{\"error\":\"partial write of line protocol occurred\",\"data\":[" +
            "{\"original_line\":\"home,room=Sunroom te\",\"line_number\":2,\"error_message\":\"invalid column type\"}," +
            "{\"original_line\":\"x\",\"line_number\":99,\"error_message\":\"?\"},{\"original_line\":\"x\",\"line_number\":-1},{\"line_number\":\"1\"},7]}";
        ServerAnswer answer = Read(400, body, "a f=1 1\nb f=2 2\nc f=3 3\n", InfluxVersion.V3);
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal([new RefusedLine(1, "invalid column type")], answer.RefusedLines);
        Assert.Equal(4, answer.RefusedPoints);

        // Not asked for, it cannot have happened: nothing was kept, whatever the words.
        Assert.Equal(AnswerKind.LinesRefused, Read(400, body, "a f=1 1\nb f=2 2\nc f=3 3\n", InfluxVersion.V3, acceptPartial: false).Kind);
    }

    [Fact]
    public void Read_truncated_body_is_not_a_complete_list()
    {
        HttpAnswer http = new() { Status = 400, Body = "{\"error\":\"partial write: unable to parse 'bad': x\\nunable to pa", IsWhole = false };
        Assert.Equal(AnswerKind.LinesRefused, AnswerReader.Read(http, InfluxVersion.V1, true, () => "bad\n"u8.ToArray(), [], Now).Kind);
        HttpAnswer success = new() { Status = 200, Body = "{\"results\":[", IsWhole = false };
        Assert.Equal(AnswerKind.NotADatabase, AnswerReader.Read(success, InfluxVersion.V1, true, null, [], Now).Kind);
    }

    [Fact]
    public void Read_fetches_lines_only_if_named_and_works_without()
    {
        static ReadOnlyMemory<byte> Unwanted() => throw new Xunit.Sdk.XunitException("asked for");
        static ReadOnlyMemory<byte> Gone() => throw new InvalidDataException();
        foreach (int status in new[] { 204, 401, 404, 413, 429, 500, 503 })
            AnswerReader.Read(new HttpAnswer { Status = status, Body = "" }, InfluxVersion.V1, true, Unwanted, [], Now);
        HttpAnswer http = new() { Status = 400, Body = "{\"error\":\"partial write: unable to parse 'bad': x dropped=0\"}" };
        ServerAnswer answer = AnswerReader.Read(http, InfluxVersion.V1, true, Gone, [], Now);
        Assert.Equal((AnswerKind.TakenInPart, 0, 1L), (answer.Kind, answer.RefusedLines.Count, answer.RefusedPoints));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"error\":null}")]
    [InlineData("{\"error\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}")]
    [InlineData("{\"error\":\"\\ud800\"}")]
    [InlineData("{\"error\":\"partial write: \"}")]
    [InlineData("{\"error\":\"partial write: unable to parse '\"}")]
    [InlineData("{\"error\":\"partial write: unable to parse '\\nunable to parse '\"}")]
    [InlineData("{\"error\":\"partial write: field type conflict: dropped=99999999999999999999\"}")]
    [InlineData("{\"error\":\"partial write: points beyond retention policy dropped=-5\"}")]
    [InlineData("{\"error\":\"x\",\"data\":[{\"line_number\":1e400}]}")]
    [InlineData("{\"error\":\"x\",\"data\":[{\"line_number\":1,\"error_message\":{\"a\":\"\\udc00\"}}]}")]
    public void Read_hostile_body_does_not_throw(string body)
    {
        foreach (InfluxVersion version in Enum.GetValues<InfluxVersion>())
        {
            foreach (int status in new[] { 200, 400, 404, 422, 500 })
            {
                ServerAnswer answer = Read(status, body, "m f=1 1\n", version);
                Assert.True(answer.RefusedPoints >= answer.RefusedLines.Count && answer.ExpiredPoints >= 0);
                Assert.True(answer.Kind == AnswerKind.Taken || answer.Reason.Length > 0);
            }
        }
    }

    [Theory]
    [InlineData("': ")]
    [InlineData("\\nunable to parse '")]
    [InlineData("field type conflict: input field \\\"")]
    public void Read_mebibyte_of_noise_is_fast(string noise)
    {
        string body = "{\"error\":\"partial write: unable to parse '" + string.Concat(Enumerable.Repeat(noise, 1024 * 1024 / noise.Length)) + "\"}";
        string lines = string.Concat(Enumerable.Range(0, 6000).Select(i => $"m,a=b f{i}=1 {i}\n"));
        Stopwatch watch = Stopwatch.StartNew();
        Read(400, body, lines);
        Read(400, body.Replace("unable to parse '", "field type conflict: ", StringComparison.Ordinal), lines);
        // Quadratic, it would be minutes.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    [Fact]
    public void Read_reason_is_one_printable_bounded_line_without_secret()
    {
        string noise = "a\u001b[31m\r\nb\u202e\u2028c\u0000\ud83d\ude00 token=s3cr3t " + new string('x', 9999) + "s3cr3t";
        string json = "{\"error\":" + System.Text.Json.JsonSerializer.Serialize(noise) + "}";
        HttpAnswer http = new() { Status = 500, Body = json, ServerVersion = "v\u001b" + new string('1', 999) + "s3cr3t" };
        ServerAnswer answer = AnswerReader.Read(http, InfluxVersion.V1, true, null, ["s3cr3t"], Now);
        Assert.StartsWith("a [31m b c  token=[secret] xxx", answer.Reason, StringComparison.Ordinal);
        Assert.InRange(answer.Reason.Length, 290, 301);
        Assert.InRange(answer.ServerVersion.Length, 10, 81);
        Assert.DoesNotContain("s3cr", answer.Reason + answer.ServerVersion, StringComparison.Ordinal);
        Assert.DoesNotContain(answer.Reason + answer.ServerVersion, char.IsControl);
    }

    [Theory]
    [InlineData("s3cr3t at the end of what is kept")]
    public void Text_removes_secret_before_cutting(string tail)
    {
        for (int length = OneLine.MaxLength - 10; length <= OneLine.MaxLength; length++)
            Assert.DoesNotContain("s3", OneLine.Text(new string('x', length) + tail, ["s3cr3t"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://login.example:8443/sso?token=abc", "https://login.example:8443")]
    [InlineData("http://user:pw@other/x", "http://other:80")]
    [InlineData("/elsewhere?x=abc", "another path on the same server")]
    [InlineData("javascript:abc", "another path on the same server")]
    public void Read_redirect_reason_has_only_the_host(string location, string expected)
    {
        ServerAnswer answer = AnswerReader.Read(new HttpAnswer { Status = 302, Location = location }, InfluxVersion.V1, true, null, [], Now);
        Assert.Equal(AnswerKind.NotADatabase, answer.Kind);
        Assert.Contains(expected, answer.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("abc", answer.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("pw", answer.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData(" 0 ", 0)]
    [InlineData("-5", null)]
    [InlineData("1.5", null)]
    [InlineData("", null)]
    [InlineData("soon", null)]
    [InlineData("99999999999999999999999", 366 * 86400)]
    [InlineData("Sat, 21 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("Sat, 21 Nov 2026 11:00:00 GMT", 0)]
    public void Read_retry_after_is_seconds_or_date(string text, int? seconds)
    {
        foreach (int status in new[] { 429, 503 })
        {
            ServerAnswer answer = AnswerReader.Read(new HttpAnswer { Status = status, RetryAfter = text }, InfluxVersion.V2, true, null, [], Now);
            Assert.Equal(seconds is { } expected ? TimeSpan.FromSeconds(expected) : null, answer.RetryAfter);
        }
    }

    [Fact]
    public void Read_server_time_is_from_date_header()
    {
        Assert.Equal(Now, AnswerReader.Read(new HttpAnswer { Status = 204, Date = "Sat, 21 Nov 2026 12:00:00 GMT" }, InfluxVersion.V1, true, null, [], Now).ServerTime);
        Assert.Null(AnswerReader.Read(new HttpAnswer { Status = 204, Date = "yesterday" }, InfluxVersion.V1, true, null, [], Now).ServerTime);
    }

    private static ServerAnswer Read(int status, string body, string lines, InfluxVersion version = InfluxVersion.V1, bool acceptPartial = true) =>
        AnswerReader.Read(new HttpAnswer { Status = status, Body = body }, version, acceptPartial, () => Encoding.UTF8.GetBytes(lines), [], Now);

    [Fact]
    public void Read_endless_refusal_without_lines_is_RequestRefused()
    {
        HttpAnswer http = new() { Status = 400, Body = new string('x', 1000), IsWhole = false };
        Assert.Equal(AnswerKind.RequestRefused, AnswerReader.Read(http, InfluxVersion.V1, true, null, [], DateTimeOffset.UnixEpoch).Kind);
    }
}
