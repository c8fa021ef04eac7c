using System.IO.Compression;
using System.Text;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Http;

namespace NsCollector.RuntimeTests.Influx.Answers;

/// <summary>Responses of influxd, how the agent interprets them, and what a query finds afterwards.</summary>
public sealed class InfluxdResponseTests : IDisposable
{
    private readonly Lazy<LimitedInfluxd> _influxd = new(static () =>
    {
        LimitedInfluxd influxd = new(isAuthenticated: false);
        influxd.Execute("CREATE DATABASE d");
        influxd.Execute("CREATE RETENTION POLICY short ON d DURATION 1h REPLICATION 1");
        return influxd;
    });

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-").FullName;

    private LimitedInfluxd Influxd => _influxd.Value;

    public void Dispose()
    {
        if (_influxd.IsValueCreated) Influxd.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [RequiresFact("influxd")]
    public void Good_lines_are_accepted_plain_and_compressed()
    {
        using InfluxClient client = Client();
        ServerAnswer answer = Write(client, "m f=1i 1\nm f=2i 2\n");
        Assert.Equal(AnswerKind.Taken, answer.Kind);
        Assert.StartsWith("InfluxDB 1.", answer.ServerVersion, StringComparison.Ordinal);
        Assert.True((answer.ServerTime!.Value - DateTimeOffset.UtcNow).Duration() < TimeSpan.FromMinutes(1));

        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write("m f=3i 3\nm f=4i 4\n"u8);
        Assert.Equal(AnswerKind.Taken, client.Write(compressed.ToArray(), true, NoLines, default).Kind);
        Assert.Equal(["1", "2", "3", "4"], Influxd.Values("d", "m"));
    }

    [RequiresFact("influxd")]
    public void Bad_lines_are_named_and_the_rest_is_stored()
    {
        using InfluxClient client = Client();
        ServerAnswer answer = Write(client, "m f=1i 1\nbad line here\nm f=2i 2\nalso \"bad' f\nit's': bad\nm f= 3\nm g=1i 9x\nm é<&>=\nm f=3i 3\n");
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal([1, 3, 4, 5, 6, 7], answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(6, answer.RefusedPoints);
        Assert.All(answer.RefusedLines, line => Assert.NotEmpty(line.Reason));
        Assert.Equal(["1", "2", "3"], Influxd.Values("d", "m"));
    }

    [RequiresFact("influxd")]
    public void Bad_lines_with_control_characters_are_named()
    {
        using InfluxClient client = Client();
        ServerAnswer answer = Write(client, "m f=1i 1\nb\u0001\u0002\u001b \tx\nm f=3i 3\n");
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal([1], answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(["1", "3"], Influxd.Values("d", "m"));
    }

    [RequiresFact("influxd")]
    public void Many_bad_lines_are_all_named_despite_a_cut_header()
    {
        using InfluxClient client = Client();
        MakeSeries(client);
        string[] lines = [.. Enumerable.Range(0, 1000).Select(i => i % 2 == 0 ? $"m f={i}i {i}" : $"bad {i}")];
        ServerAnswer answer = Write(client, string.Join('\n', lines));
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (2 * i) + 1), answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(501, Influxd.Values("d", "m").Length);
    }

    [RequiresFact("influxd")]
    public void Only_bad_lines_store_nothing()
    {
        using InfluxClient client = Client();
        Assert.Equal(AnswerKind.LinesRefused, Write(client, "bad\n").Kind);
        Assert.Equal(AnswerKind.LinesRefused, Write(client, "bad one\nbad two\n").Kind);
    }

    [RequiresFact("influxd")]
    public void Good_lines_lost_in_an_open_quote_are_retried()
    {
        using InfluxClient client = Client();
        const string lines = "m f=1i 1\nm b=\"x\nm f=2i 2\n";
        Assert.Equal(AnswerKind.LinesRefused, Write(client, lines).Kind);
        Assert.Equal(["1"], Influxd.Values("d", "m"));
        // In halves, as the caller sends them.
        Assert.Equal(AnswerKind.LinesRefused, Write(client, "m b=\"x\n").Kind);
        Assert.Equal(AnswerKind.Taken, Write(client, "m f=2i 2\n").Kind);
        Assert.Equal(["1", "2"], Influxd.Values("d", "m"));
    }

    [RequiresFact("influxd")]
    public void Type_conflict_lines_are_found_for_any_field_name()
    {
        using InfluxClient client = Client();
        foreach ((string measurement, string escaped) in new[] { ("m", "m"), ("my, m", "my\\,\\ m"), ("my'm", "my'm") })
        {
            Assert.Equal(AnswerKind.Taken, Write(client, $"{escaped} f\\ \\,\\==1i 1\n").Kind);
            ServerAnswer answer = Write(
                client,
                $"{escaped} f\\ \\,\\==1.5 2\n{escaped} f\\ \\,\\==2i 3\n{escaped},a=b g=1,f\\ \\,\\==3.5 4\n{escaped} g=1 5\nother f=1.5 6\n");
            Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
            Assert.Equal([0, 2], answer.RefusedLines.Select(line => line.Index));
            Assert.Equal(2, answer.RefusedPoints);
            Assert.Equal(["1", "2"], Influxd.Values("d", measurement, "f ,="));
            // Such a line is lost as a whole, including fields of the right type.
            Assert.Equal(["1"], Influxd.Values("d", measurement, "g"));
        }
    }

    [RequiresFact("influxd")]
    public void Points_beyond_retention_are_counted_and_newer_ones_stored()
    {
        using InfluxClient client = Client(options => options with { RetentionPolicy = "short" });
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;
        ServerAnswer answer = Write(client, $"m f=1i 1\nm f=2i {now}\nm f=3i 2\n");
        Assert.Equal((AnswerKind.TakenInPart, 2L, 0L), (answer.Kind, answer.ExpiredPoints, answer.RefusedPoints));
        Assert.Empty(answer.RefusedLines);
        Assert.Equal(["2"], Influxd.Values("d", "m", retentionPolicy: "short"));
    }

    [RequiresFact("influxd")]
    public void Tag_value_beyond_the_limit_is_rejected_alone()
    {
        using InfluxClient client = Client();
        for (int i = 0; i < LimitedInfluxd.MaxValuesPerTag; i++) Assert.Equal(AnswerKind.Taken, Write(client, $"m,t=v{i} f={i}i {i}\n").Kind);
        ServerAnswer answer = Write(client, "m,t=v0 f=10i 10\nm,t=one\\ \"more f=11i 11\nm,t=v1 f=12i 12\nm,u=one\\ \"more f=13i 13\n");
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal([1], answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(1, answer.RefusedPoints);
        Assert.Equal(["0", "1", "2", "10", "12", "13"], Influxd.Values("d", "m"));
    }

    [RequiresFact("influxd")]
    public void Tag_named_time_is_rejected_alone()
    {
        using InfluxClient client = Client();
        ServerAnswer answer = Write(client, "m,time=3 f=1i 1\nm f=2i 2\n");
        Assert.Equal(AnswerKind.TakenInPart, answer.Kind);
        Assert.Equal([0], answer.RefusedLines.Select(line => line.Index));
        Assert.Equal(["2"], Influxd.Values("d", "m"));
    }

    [RequiresFact("influxd")]
    public void Series_beyond_the_limit_stores_nothing_at_all()
    {
        using InfluxClient client = Client();
        Assert.Equal(AnswerKind.Taken, Write(client, "m0 f=1i 1\n").Kind);
        string lines = string.Concat(Enumerable.Range(0, 2 * LimitedInfluxd.MaxSeries).Select(i => $"m{i} f=2i 2\n"));
        ServerAnswer answer = Write(client, lines);
        Assert.Equal(AnswerKind.ServerRefused, answer.Kind);
        Assert.Contains("max-series-per-database", answer.Reason, StringComparison.Ordinal);
        Assert.Empty(Influxd.Values("d", "m1"));
        // The server's count leaves out the existing series, but does not store its point either.
        Assert.Equal(["1"], Influxd.Values("d", "m0"));
    }

    [RequiresFact("influxd")]
    public void Unknown_database_is_not_found_and_can_be_created()
    {
        using InfluxClient nowhere = Client(options => options with { Database = "a \"strange\\ one" });
        Assert.Equal(AnswerKind.NotFound, nowhere.WriteNothing(default).Kind);
        Assert.Equal(AnswerKind.NotFound, Write(nowhere, "m f=1i 1\n").Kind);
        // Such a name is valid in a statement, but influxd rejects it with a status of 200.
        Assert.Equal(AnswerKind.RequestRefused, nowhere.CreateDatabase(default).Kind);

        using InfluxClient later = Client(options => options with { Database = "late&r \"x\" ü" });
        Assert.Equal(AnswerKind.NotFound, Write(later, "m f=1i 1\n").Kind);
        Assert.Equal(AnswerKind.Taken, later.CreateDatabase(default).Kind);
        Assert.Equal(AnswerKind.Taken, later.CreateDatabase(default).Kind);
        Assert.Equal(AnswerKind.Taken, later.WriteNothing(default).Kind);
        Assert.Equal(AnswerKind.Taken, Write(later, "m f=1i 1\n").Kind);
        Assert.Equal(["1"], Influxd.Values("late&r \"x\" ü", "m"));

        using InfluxClient none = Client(options => options with { Database = "" });
        Assert.Equal(AnswerKind.NotFound, Write(none, "m f=1i 1\n").Kind);
        using InfluxClient policy = Client(options => options with { RetentionPolicy = "none" });
        ServerAnswer answer = Write(policy, "m f=1i 1\n");
        Assert.Equal((AnswerKind.NotFound, 500), (answer.Kind, answer.Status));
        Assert.Equal(AnswerKind.NotFound, policy.WriteNothing(default).Kind);
    }

    [RequiresFact("influxd")]
    public void Too_large_body_is_rejected_before_sending_and_its_halves_pass()
    {
        byte[] lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1000, 1000).Select(i => $"m f={i}i 1700000000{i}\n")));
        Assert.InRange(lines.Length, LimitedInfluxd.MaxBodyBytes + 1, 2 * LimitedInfluxd.MaxBodyBytes);
        using InfluxClient client = Client();
        MakeSeries(client);
        for (int i = 0; i < 10; i++) Assert.Equal(AnswerKind.TooLarge, client.Write(lines, false, NoLines, default).Kind);
        Assert.Single(Influxd.Values("d", "m"));
        int half = lines.AsSpan(0, lines.Length / 2).LastIndexOf((byte)'\n') + 1;
        Assert.Equal(AnswerKind.Taken, client.Write(lines.AsMemory(0, half), false, NoLines, default).Kind);
        Assert.Equal(AnswerKind.Taken, client.Write(lines.AsMemory(half), false, NoLines, default).Kind);
        Assert.Equal(1001, Influxd.Values("d", "m").Length);
    }

    [RequiresFact("influxd")]
    public void Invalid_gzip_is_rejected_as_a_whole()
    {
        using InfluxClient client = Client();
        ServerAnswer answer = client.Write("m f=1i 1\n"u8.ToArray(), isGzip: true, NoLines, default);
        Assert.Equal((AnswerKind.RequestRefused, 400), (answer.Kind, answer.Status));
        Assert.Empty(Influxd.Values("d", "m"));
    }

    [RequiresFact("influxd")]
    public void Interface_of_another_version_is_detected()
    {
        foreach (InfluxVersion version in new[] { InfluxVersion.V2, InfluxVersion.V3 })
        {
            using InfluxClient client = Client(options => options with { Version = version, Bucket = "d", Organisation = "o" });
            Assert.Equal(AnswerKind.NotADatabase, Write(client, "m f=1i 1\n").Kind);
            Assert.Equal(AnswerKind.Taken, client.Ping(default).Kind);
        }
    }

    [RequiresFact("influxd")]
    public void Wrong_password_and_missing_rights_are_reported_differently()
    {
        using LimitedInfluxd influxd = new(isAuthenticated: true);
        influxd.Execute("CREATE DATABASE d", "CREATE USER writer WITH PASSWORD 'wp'", "CREATE USER nobody WITH PASSWORD 'np'", "GRANT WRITE ON d TO writer");
        foreach ((string user, string password, AnswerKind kind, int status) in new[]
        {
            ("", "", AnswerKind.Unauthorized, 401),
            ("writer", "wrong", AnswerKind.Unauthorized, 401),
            ("nobody", "np", AnswerKind.Unauthorized, 403),
            ("writer", "wp", AnswerKind.Taken, 204),
        })
        {
            InfluxSinkOptions options = new() { Name = "a", Url = influxd.Url, Database = "d", User = user, PasswordFile = user.Length > 0 ? Secret(password) : "" };
            using InfluxClient client = new(options, TimeProvider.System);
            ServerAnswer answer = Write(client, "m f=1i 1\n");
            Assert.Equal((kind, status), (answer.Kind, answer.Status));
            answer = client.WriteNothing(default);
            Assert.Equal((kind, status), (answer.Kind, answer.Status));
            // A user who may only write may not create a database.
            Assert.Equal(AnswerKind.Unauthorized, client.CreateDatabase(default).Kind);
        }
    }

    private InfluxClient Client(Func<InfluxSinkOptions, InfluxSinkOptions>? with = null)
    {
        InfluxSinkOptions options = new() { Name = "a", Url = Influxd.Url, Database = "d" };
        return new InfluxClient(with?.Invoke(options) ?? options, TimeProvider.System);
    }

    // For max-series-per-database, influxd counts each point of a new series as one series.
    private static void MakeSeries(InfluxClient client) => Assert.Equal(AnswerKind.Taken, Write(client, "m f=0i 9000\n").Kind);

    private static ReadOnlyMemory<byte> NoLines() => default;

    private static ServerAnswer Write(InfluxClient client, string lines)
    {
        byte[] body = Encoding.UTF8.GetBytes(lines);
        return client.Write(body, false, () => body, default);
    }

    private string Secret(string text)
    {
        string path = Path.Combine(_directory, "secret");
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
