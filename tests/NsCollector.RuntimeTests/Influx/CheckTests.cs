namespace NsCollector.RuntimeTests.Influx;

/// <summary><c>nscollector check</c> sends a real request to each server, stores nothing, and shows no secret.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class CheckTests(InfluxServer server) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-check-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Runs it with its own spool, and returns its findings about the sink and the spool.</summary>
    private (int Status, string[] Findings) Check(string[] environment, params string[] settings)
    {
        string[] all = [$"spool:path={_directory}/spool", "influx:main:timeout=30s", .. settings];
        string[] words = AgentProgram.Words(["check", .. all.SelectMany(setting => new[] { "--set", setting })]);
        (int status, string output, string errors) = Command.Try("env", [.. environment, .. words]);
        return (status, [.. (output + errors).Split('\n').Where(line => line.Contains("influx:main", StringComparison.Ordinal) || line.Contains("spool", StringComparison.Ordinal))]);
    }

    private static void AssertOne(string[] findings, string severity, string words) => Assert.Single(
        findings, finding => finding.StartsWith(severity, StringComparison.Ordinal) && finding.Contains(words, StringComparison.Ordinal));

    [RequiresFact("influxd")]
    public void Check_reports_version_and_clock_and_writes_nothing()
    {
        string database = server.CreateDatabase();
        (int status, string[] findings) = Check([], $"influx:main:url={server.Url}", $"influx:main:database={database}");
        Assert.True(status == 0, string.Join('\n', findings));
        AssertOne(findings, "ok", "InfluxDB 1.");
        AssertOne(findings, "ok", "the clocks agree");
        AssertOne(findings, "ok", "writes are accepted");
        Assert.Empty(server.Points(database));
        Assert.False(Directory.Exists($"{_directory}/spool"));
    }

    [RequiresFact("influxd")]
    public void Check_of_unknown_database_or_dead_server_says_what_to_do()
    {
        string unknown = server.UnusedName();
        (int status, string[] findings) = Check([], $"influx:main:url={server.Url}", $"influx:main:database={unknown}");
        Assert.Equal(1, status);
        AssertOne(findings, "FAIL", "create_database = on");
        Assert.DoesNotContain(unknown, server.Databases());

        (status, findings) = Check([], $"influx:main:url={server.Url}", $"influx:main:database={unknown}", "influx:main:create_database=on");
        Assert.Equal(0, status);
        AssertOne(findings, "warn", "the agent will create it");
        Assert.DoesNotContain(unknown, server.Databases());

        (status, findings) = Check([], $"influx:main:url=http://127.0.0.1:{ServerProcess.FreePort()}", "influx:main:database=d");
        Assert.Equal(1, status);
        AssertOne(findings, "FAIL", "check that the server is running");
    }

    [RequiresFact("influxd")]
    public void Check_reports_a_wrong_or_readable_password_without_showing_it()
    {
        using InfluxServer guarded = new(authentication: true);
        guarded.CreateDatabaseNamed("d");
        string path = Path.Combine(_directory, "password");
        string[] settings = [$"influx:main:url={guarded.Url}", "influx:main:database=d", $"influx:main:user={InfluxServer.Administrator}", $"influx:main:password_file={path}"];
        foreach ((string password, string mode, int status, string words) in new[]
        {
            (InfluxServer.Password, "0600", 0, "writes are accepted"),
            ("not-the-pass-word", "0600", 1, "password_file"),
            (InfluxServer.Password, "0644", 78, "chmod 0600"),
        })
        {
            File.WriteAllText(path, password);
            Command.Run("chmod", mode, path);
            (int ended, string[] findings) = Check([], settings);
            Assert.True(ended == status, string.Join('\n', findings));
            Assert.Contains(findings, finding => finding.Contains(words, StringComparison.Ordinal));
            Assert.DoesNotContain(findings, finding => finding.Contains(password, StringComparison.Ordinal));
        }
    }

    [RequiresFact("influxd", "faketime")]
    public void Check_reports_the_clock_difference_with_its_sign()
    {
        string database = server.CreateDatabase();
        string library = Command.Run("faketime", "now", "printenv", "LD_PRELOAD").Split(':')[^1];
        (int status, string[] findings) = Check(
            [$"LD_PRELOAD={library}", "FAKETIME=-300s", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_FORCE_MONOTONIC_FIX=0"], $"influx:main:url={server.Url}", $"influx:main:database={database}");
        Assert.Equal(0, status);
        string skew = Assert.Single(findings, finding => finding.StartsWith("warn", StringComparison.Ordinal));
        Assert.Matches(@"clock differs by \+(299|300|301) s", skew);
    }
}
