using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;
using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host.Configuration;

/// <summary>The sections [influx:NAME] and [spool].</summary>
public sealed class InfluxConfigurationTests : IDisposable
{
    private const string Version1 = "[influx:a]\nurl = http://h:8086\ndatabase = d\n";
    private const string Version2 = "[influx:a]\nurl = https://h\nversion = 2\norg = o\nbucket = b\n";
    private const string Version3 = "[influx:a]\nurl = https://h\nversion = 3\ndatabase = d\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // Valid sections

    [Fact]
    public void Influx_section_with_url_and_database_replaces_default_file()
    {
        AgentOptions options = Valid(Load("[influx:main]\nurl = http://localhost:8086\ndatabase = telemetry\n"));
        Assert.Equal(new InfluxSinkOptions { Name = "main", Url = "http://localhost:8086", Database = "telemetry" }, Assert.Single(options.InfluxSinks));
        Assert.Empty(options.FileSinks);
        Assert.Equal(new SpoolOptions { Path = "spool" }, options.Spool);
    }

    [Fact]
    public void File_sink_and_influx_sink_may_have_the_same_name()
    {
        AgentOptions options = Valid(Load(Version1 + "[file:a]\n[influx:b]\nurl = http://h\ndatabase = d"));
        Assert.Equal(["a"], options.FileSinks.Select(sink => sink.Name));
        Assert.Equal(["a", "b"], options.InfluxSinks.Select(sink => sink.Name));
    }

    [Theory]
    [InlineData("NOTIFY_SOCKET")]
    [InlineData("INVOCATION_ID")]
    public void Default_spool_as_service_is_under_var_lib(string variable) =>
        Assert.Equal("/var/lib/nscollector/spool", Valid(ConfigurationLoader.Load(Sources("") with { Environment = [new(variable, "1")] })).Spool.Path);

    [Fact]
    public void Keys_of_version_1_set_all_options() => Assert.Equal(
        new InfluxSinkOptions
        {
            Name = "Main.1", Url = "https://[::1]:8086/influx", Version = InfluxVersion.V1, Database = "t \u00e4", RetentionPolicy = "week", Consistency = "quorum",
            CreateDatabase = true, User = "u", PasswordFile = "/p", UnixSocket = "/run/s", UseProxy = false, Gzip = false, ExpectContinue = false,
            ConnectTimeout = TimeSpan.FromMilliseconds(100), Timeout = TimeSpan.FromHours(1), TlsCaFile = "/ca", TlsCertificateFile = "/c", TlsKeyFile = "k",
            TlsVerify = false, RetryInterval = TimeSpan.FromMilliseconds(10), RetryIntervalMax = TimeSpan.FromDays(1), RetryAfterMax = TimeSpan.Zero,
            ReplayBytesPerSecond = 0, QueueBytes = 1 << 20, MemoryBytes = 64 << 10, RefusedFile = "/var/log/r", RefusedFileBytes = 256 << 10,
        },
        Valid(Load(
            """
            [INFLUX:Main.1]
            URL = https://[::1]:8086/influx
            version = 1
            database = t ä
            retention_policy = week
            consistency = Quorum
            create_database = yes
            user = u
            password_file = /p
            unix_socket = /run/s
            proxy = off
            gzip = no
            expect_continue = false
            connect_timeout = 100ms
            timeout = 1h
            tls_ca_file = /ca
            tls_certificate_file = /c
            tls_key_file = k
            tls_verify = false
            retry_interval = 10ms
            retry_interval_max = 1d
            retry_after_max = 0
            replay_rate = 0
            queue_size = 1MiB
            memory_size = 64KiB
            refused_file = /var/log/r
            refused_file_size = 256KiB
            """)).InfluxSinks.Single());

    [Fact]
    public void Keys_of_versions_2_and_3_set_all_options()
    {
        Assert.Equal(
            new InfluxSinkOptions { Name = "a", Url = "https://h", Version = InfluxVersion.V2, Organisation = "o", Bucket = "b", TokenFile = "token" },
            Valid(Load(Version2 + "token_file = token")).InfluxSinks.Single());
        Assert.Equal(
            new InfluxSinkOptions { Name = "a", Url = "https://h", Version = InfluxVersion.V3, Database = "d", AcceptPartial = false, NoSync = true, TokenFile = "/t" },
            Valid(Load(Version3 + "accept_partial = off\nno_sync = on\ntoken_file = /t")).InfluxSinks.Single());
    }

    [Fact]
    public void Keys_of_spool_set_all_options() => Assert.Equal(
        new SpoolOptions
        {
            Enabled = false, Path = "/s", Sync = SpoolSync.Interval, SyncInterval = TimeSpan.FromSeconds(2), MaxBytes = 1 << 20, MaxFiles = 7,
            MaxAge = TimeSpan.Zero, FileBytes = 512 << 10, KeepDamaged = 0,
        },
        Valid(Load(
            """
            [spool]
            enabled = off
            path = /s
            sync = interval
            sync_interval = 2s
            max_size = 1MiB
            max_files = 7
            max_age = 0
            file_size = 512KiB
            keep_damaged = 0
            """)).Spool);

    [Fact]
    public void Environment_and_set_option_reach_sections_with_names()
    {
        AgentOptions options = Valid(ConfigurationLoader.Load(Sources(Version1) with
        {
            Environment = [new("NSCOLLECTOR_INFLUX__a__DATABASE", "e"), new("NSCOLLECTOR_spool__sync", "never")],
            Sets = ["influx:a:url=https://elsewhere", "influx:x:url=http://x", "influx:x:database=x", "spool:max_files=9"],
        }));
        Assert.Equal(["https://elsewhere e", "http://x x"], options.InfluxSinks.Select(sink => $"{sink.Url} {sink.Database}"));
        Assert.Equal((SpoolSync.Never, 9), (options.Spool.Sync, options.Spool.MaxFiles));
    }

    [Theory]
    [InlineData("http://localhost:8086")]
    [InlineData("HTTP://localhost:8086/")]
    [InlineData("https://[2001:db8::1]:443/a/b%20c/@")]
    [InlineData("https://192.0.2.7")]
    [InlineData("http://node_1.example.")]
    public void Url_of_a_server_is_valid(string url) => Assert.Equal(url, Valid(Load(Version1.Replace("http://h:8086", url, StringComparison.Ordinal))).InfluxSinks.Single().Url);

    // Errors

    [Theory]
    [InlineData("[influx]\nurl = http://h", ":1: [influx]: write [influx:main]")]
    [InlineData("[influx:..]\nurl = http://h", ":1: [influx:..]: a NAME that begins with .")]
    [InlineData("[influx:a/b]\nurl = http://h", ":1: [influx:a/b]: expected a name")]
    [InlineData("[influx:a.refused.lp]\nurl = http://h", ":1: [influx:a.refused.lp]: the spool has a file of this name")]
    [InlineData("[influxdb:a]\nurl = http://h", ":1: [influxdb:a]: unknown section, did you mean [influx:NAME]?")]
    [InlineData("[spool:a]\npath = /x", ":1: [spool:a]: this section has no NAME; write [spool]")]
    [InlineData("[influx:a]\ndatabase = d", ":1: [influx:a] url: it is missing")]
    [InlineData("[influx:a]\nurl = http://h", ":1: [influx:a] database: it is missing; version 1 needs it")]
    [InlineData("[influx:a]\nurl = http://h\nversion = 3", ":1: [influx:a] database: it is missing; version 3 needs it")]
    [InlineData("[influx:a]\nurl = http://h\nversion = 2\norg = o", ":1: [influx:a] bucket: it is missing; version 2 needs it")]
    [InlineData("[influx:a]\nurl = http://h\nversion = 2\nbucket = b", ":1: [influx:a] org: it is missing; version 2 needs it")]
    [InlineData(Version1 + "version = 4", ":4: [influx:a] version = 4: expected one of 1, 2, 3")]
    [InlineData(Version1 + "org = o", ":4: [influx:a] org = o: this key is for version 2, but this sink has version 1")]
    [InlineData(Version1 + "bucket = b", ":4: [influx:a] bucket = b: this key is for version 2, but this sink has version 1")]
    [InlineData(Version1 + "accept_partial = on", ":4: [influx:a] accept_partial = on: this key is for version 3, but this sink has version 1")]
    [InlineData(Version1 + "no_sync = off", ":4: [influx:a] no_sync = off: this key is for version 3, but this sink has version 1")]
    [InlineData(Version2 + "database = d", ":6: [influx:a] database = d: this key is for version 1 or 3, but this sink has version 2")]
    [InlineData(Version2 + "retention_policy = r", ":6: [influx:a] retention_policy = r: this key is for version 1, but this sink has version 2")]
    [InlineData(Version3 + "consistency = all", ":5: [influx:a] consistency = all: this key is for version 1, but this sink has version 3")]
    [InlineData(Version3 + "create_database = on", ":5: [influx:a] create_database = on: this key is for version 1, but this sink has version 3")]
    [InlineData(Version2 + "user = u", ":6: [influx:a] user = u: this key is for version 1, but this sink has version 2; authenticate with a token instead: token_file = FILE")]
    [InlineData(Version3 + "password_file = /p", ":5: [influx:a] password_file = /p: this key is for version 1, but this sink has version 3; authenticate")]
    [InlineData(Version1 + "consistency = most", ":4: [influx:a] consistency = most: unknown consistency level; expected one of any, one, quorum, all")]
    [InlineData("[influx:a]\nurl = http://h\ndatabase =", ":3: [influx:a] database = : this is empty")]
    [InlineData(Version1 + "user = u", ":4: [influx:a] user = u: a user needs a password: password_file = FILE")]
    [InlineData(Version1 + "user = a:b\n", ":4: [influx:a] user = a:b: a user name cannot contain a colon")]
    [InlineData(Version1 + "password_file = /p", ":4: [influx:a] password_file = /p: a password needs its user: user = NAME")]
    [InlineData(Version1 + "user = u\npassword_file = /p\ntoken_file = /t", ":6: [influx:a] token_file = /t: there is a user too")]
    [InlineData(Version1 + "tls_ca_file = /c", ":4: [influx:a] tls_ca_file = /c: this key is for TLS, but url begins with http:")]
    [InlineData(Version1 + "tls_verify = off", ":4: [influx:a] tls_verify = off: this key is for TLS, but url begins with http:")]
    [InlineData(Version2 + "tls_certificate_file = /c", ":6: [influx:a] tls_certificate_file = /c: a certificate needs its key: tls_key_file = FILE")]
    [InlineData(Version2 + "tls_key_file = /k", ":6: [influx:a] tls_key_file = /k: a key needs its certificate")]
    [InlineData(Version2 + "tls_ca_file = /k/", ":6: [influx:a] tls_ca_file = /k/: this is a directory")]
    [InlineData(Version1 + "unix_socket = run/s", ":4: [influx:a] unix_socket = run/s: this does not begin with /")]
    [InlineData(Version1 + "proxy = http://p", ":4: [influx:a] proxy = http://p: expected on or off")]
    [InlineData(Version1 + "queue_size = 64KiB", ":4: [influx:a] queue_size = 64KiB: it must hold at least one batch ([encode] batch_size)")]
    [InlineData(Version1 + "memory_size = 1", "this is too small")]
    [InlineData(Version1 + "replay_rate = 8M", "write 8MiB")]
    [InlineData(Version1 + "timeout = 30", ":4: [influx:a] timeout = 30: the unit is missing, write for example 30s")]
    [InlineData(Version1 + "retry_interval = 2m", ":4: [influx:a] retry_interval = 2m: retry_interval must not be longer than retry_interval_max")]
    [InlineData(Version1 + "retry_interval_max = 500ms", ":4: [influx:a] retry_interval_max = 500ms: retry_interval must not be longer")]
    [InlineData(Version1 + "refused_file = -", ":4: [influx:a] refused_file = -: standard output is not a file")]
    [InlineData(Version1 + "refused_file = /x/r\n[file:f]\npath = /x/./r", ":4: [influx:a] refused_file = /x/r: [file:f] writes to the same file")]
    [InlineData(Version1 + "refused_file = /x/r\n[influx:b]\nurl = http://h\ndatabase = d\nrefused_file = /x/../x/r", ":8: [influx:b] refused_file = /x/../x/r: [influx:a] writes to the same file")]
    [InlineData(Version1 + "[spool]\npath = /x\n[file:f]\npath = /x/a.refused.lp", "default: [influx:a] refused_file = /x/a.refused.lp (the default): [file:f] writes to the same file")]
    [InlineData(Version1 + "refused_file_size = 4KiB", "this is too small")]
    [InlineData(Version1 + "refused_file = /x/r\n[file:f]\npath = /x/r.1", ":4: [influx:a] refused_file = /x/r: [file:f] writes to the same file")]
    [InlineData("[spool]\nmax_size = 1MiB", ":2: [spool] max_size = 1MiB: max_size must hold at least one file of file_size")]
    [InlineData("[spool]\nfile_size = 5MiB\nmax_size = 4MiB", ":3: [spool] max_size = 4MiB: max_size must hold at least one file of file_size")]
    [InlineData("[spool]\nsync = sometimes", ":2: [spool] sync = sometimes: expected one of always, interval, never")]
    [InlineData("[spool]\npath = -", ":2: [spool] path = -: standard output is not a directory")]
    [InlineData("[spool]\nenabled = 1", "expected on or off")]
    [InlineData("[spool]\nmax_files = 0", "a whole number from 1 to")]
    [InlineData("[spool]\nfile_size = 1GiB", "this is too large")]
    [InlineData(Version1 + "[spool]\nfile_size = 128KiB", ":5: [spool] file_size = 128KiB: it must hold at least one batch ([encode] batch_size)")]
    [InlineData(Version1 + "[encode]\nbatch_size = 8MiB", ":5: [encode] batch_size = 8MiB: a batch must fit into a file of the spool ([spool] file_size)")]
    public void Error_names_origin_and_expected_value(string text, string expected)
    {
        ConfigurationResult result = Load(text);
        Assert.Null(result.Options);
        ConfigurationError error = Assert.Single(result.Errors);
        string place = expected.StartsWith(':') ? _directory.Path + "/nscollector.conf" + expected : expected;
        Assert.Contains(place, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:8086", "http:// or https:// is missing")]
    [InlineData("/write", "http:// or https:// is missing")]
    [InlineData("ftp://h", "http:// or https:// is missing")]
    [InlineData("udp://h:8089", "http:// or https:// is missing")]
    [InlineData("http:", "http:// or https:// is missing")]
    [InlineData("http://", "the host is missing or invalid")]
    [InlineData("http:///write", "the host is missing or invalid")]
    [InlineData("http://:8086", "the host is missing or invalid")]
    [InlineData("http://h:99999", "the host is missing or invalid")]
    [InlineData("http://[::1", "the host is missing or invalid")]
    [InlineData("http://h:0", "port 0 is invalid")]
    [InlineData("http://h/#x", "remove the fragment")]
    [InlineData("http://h\\write", "a URL cannot contain spaces, backslashes")]
    [InlineData("http://a b", "a URL cannot contain spaces")]
    public void Url_that_is_invalid_is_refused(string url, string expected)
    {
        ConfigurationError error = Assert.Single(Load(Version1.Replace("http://h:8086", url, StringComparison.Ordinal)).Errors);
        Assert.StartsWith(expected, error.Problem, StringComparison.Ordinal);
        Assert.Equal((_directory.Path + "/nscollector.conf:2", url), (error.Origin, error.Value));
    }

    [Fact]
    public void Unix_socket_path_above_107_bytes_is_refused()
    {
        Valid(Load(Version1 + "unix_socket = /" + new string('a', 106)));
        Assert.Contains("at most 107 bytes", Load(Version1 + "unix_socket = /" + new string('\u00e4', 54)).Errors.Single().Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Section_names_in_other_case_are_the_same_sink()
    {
        Assert.Equal("h", new Uri(Valid(Load("[Influx : A]\nurl = http://h\n[influx:a]\ndatabase = d\n")).InfluxSinks.Single().Url).Host);
        ConfigurationError error = Assert.Single(Load("[Influx : A]\nURL = http://h\nDatabase = d\nORG = o\n").Errors);
        Assert.Equal((_directory.Path + "/nscollector.conf:4", "o"), (error.Origin, error.Value));
    }

    [Fact]
    public void More_than_100_sinks_of_all_kinds_are_refused()
    {
        string files = string.Concat(Enumerable.Range(0, 50).Select(i => $"[file:f{i}]\npath = /x/{i}\n"));
        string servers = string.Concat(Enumerable.Range(0, 51).Select(i => $"[influx:i{i}]\nurl = http://h\ndatabase = d\n"));
        Assert.Equal("there are more than 100 sinks", Assert.Single(Load(files + servers).Errors).Problem);
        Valid(Load(files + servers.Replace("[influx:i50]", "[influx:i49]", StringComparison.Ordinal).Replace("[influx:i49]\nurl = http://h\ndatabase = d\n[influx:i49]\nurl = http://h\ndatabase = d\n", "[influx:i49]\nurl = http://h\ndatabase = d\n", StringComparison.Ordinal)));
    }

    // Secrets

    [Theory]
    [InlineData("token = hunter2", "put the secret into a file and name it: token_file = FILE")]
    [InlineData("PASSWORD = hunter2", "put the secret into a file and name it: password_file = FILE")]
    [InlineData("passwort_file = hunter2", "did you mean password_file?")]
    [InlineData("urll = http://u:hunter2@h", "did you mean url?")]
    [InlineData("url = http://u:hunter2@h", "put the user into user, and the password into a file named by password_file")]
    [InlineData("url = http://hunter2@h", "put the user into user, and the password into a file named by password_file")]
    [InlineData("url = //u:hunter2@h", "put the user into user, and the password into a file named by password_file")]
    [InlineData("url = http://h?u=u&p=hunter2", "remove the query")]
    [InlineData("token_file = hunter2/hunter2==", "this is neither an absolute path nor a plain name")]
    [InlineData("password hunter2", "this is neither [section] nor key = value")]
    [InlineData("url http://u:hunter2@h", "this is neither [section] nor key = value")]
    public void Misplaced_secret_is_reported_but_not_shown(string line, string expected)
    {
        ConfigurationResult result = Load("[influx:a]\nversion = 3\ndatabase = d\n" + line);
        Assert.Contains(result.Errors, error => error.Origin == _directory.Path + "/nscollector.conf:4" && error.Problem.Contains(expected, StringComparison.Ordinal));
        Assert.All(result.Errors, error => Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal));
        ConfigurationResult outside = Load(line);
        Assert.All(outside.Errors, error => Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("influx:a:token=hunter2")]
    [InlineData("influx:a:token:hunter2")]
    [InlineData("influx:a:url=http://u:hunter2@h")]
    [InlineData("token=hunter2")]
    public void Misplaced_secret_in_option_or_environment_is_not_shown(string set)
    {
        int separator = set.IndexOf('=', StringComparison.Ordinal);
        ConfigurationResult result = ConfigurationLoader.Load(Sources("") with
        {
            Environment = separator < 0 ? [] : [new("NSCOLLECTOR_" + set[..separator].Replace(":", "__", StringComparison.Ordinal), set[(separator + 1)..])],
            Sets = [set],
        });
        Assert.NotEmpty(result.Errors);
        Assert.All(result.Errors, error => Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal));
    }

    private static AgentOptions Valid(ConfigurationResult result)
    {
        Assert.Empty(result.Errors);
        return result.Options!;
    }

    private ConfigurationSources Sources(string text) => new() { Config = _directory.Write("nscollector.conf", text) };

    private ConfigurationResult Load(string text) => ConfigurationLoader.Load(Sources(text));
}
