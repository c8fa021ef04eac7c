using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NsCollector.Encode;
using NsCollector.Host;
using NsCollector.Host.Configuration;
using NsCollector.Host.Logging;
using NsCollector.Sample;

namespace NsCollector.Tests.Host.Configuration;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // Defaults

    [Fact]
    public void Load_without_configuration_writes_to_current_directory()
    {
        AgentOptions options = Valid(ConfigurationLoader.Load(new ConfigurationSources { DefaultConfig = _directory.Path + "/nscollector.conf", ReadHostName = () => "box" }));
        Assert.Equal(TimeSpan.FromSeconds(10), options.Sample.Interval);
        Assert.Equal("box", options.Encode.Host);
        Assert.Equal(("main", "metrics.lp"), (options.FileSinks.Single().Name, options.FileSinks.Single().Path));
    }

    [Theory]
    [InlineData("NOTIFY_SOCKET", "/run/systemd/notify")]
    [InlineData("INVOCATION_ID", "0f3a")]
    public void Default_file_as_service_is_under_var_log(string variable, string value)
    {
        AgentOptions options = Valid(ConfigurationLoader.Load(Sources("") with { Environment = [new(variable, value)] }));
        Assert.Equal("/var/log/nscollector/metrics.lp", options.FileSinks.Single().Path);
    }

    // Precedence

    [Fact]
    public void Later_source_overrides_earlier_source()
    {
        string file = _directory.Write("nscollector.conf", "[agent]\ninterval = 1s\nhost = file\njitter = 1ms\nalign = on\n");
        _directory.Write("conf.d/20.conf", "[agent]\ninterval = 3s\nhost = twenty\n");
        _directory.Write("conf.d/10.conf", "[agent]\ninterval = 2s\nhost = ten\njitter = 2ms\n");
        _directory.Write("conf.d/30.txt", "[agent]\nhost = not a .conf\n");
        _directory.Write("conf.d/.40.conf", "[agent]\nhost = hidden\n");
        AgentOptions options = Valid(ConfigurationLoader.Load(new ConfigurationSources
        {
            Config = file,
            Environment = [new("nscollector_AGENT__Interval", "4s"), new("NSCOLLECTOR_file__main__path", "/e"), new("OTHER", "x")],
            Sets = ["agent:interval=5s", "agent:interval=6s", "file:main:path=-"],
        }));
        Assert.Equal(TimeSpan.FromSeconds(6), options.Sample.Interval);
        Assert.Equal("twenty", options.Encode.Host);
        Assert.Equal(TimeSpan.FromMilliseconds(2), options.Sample.Jitter);
        Assert.True(options.Sample.Align);
        Assert.Equal("-", options.FileSinks.Single().Path);
    }

    [Fact]
    public void Configured_sink_replaces_default_sink()
    {
        AgentOptions options = Valid(Load("[file:a]\npath = /tmp/a\n[file:b]\npath = /tmp/b\nmode = 600\nrotate_gzip = yes\n"));
        Assert.Equal(["a", "b"], options.FileSinks.Select(sink => sink.Name));
        Assert.Equal(Convert.ToInt32("600", 8), options.FileSinks[1].Mode);
        Assert.True(options.FileSinks[1].RotateGzip);
    }

    [Fact]
    public void Sink_section_without_keys_creates_sink() =>
        Assert.Equal("debug", Valid(Load("[file:debug]\n")).FileSinks.Single().Name);

    [Fact]
    public void File_with_keys_of_many_sections_sets_all_options()
    {
        AgentOptions options = Valid(Load(
            """
            ; a comment
            [AGENT]
            Interval = 500ms
            log_level = DEBUG
            log_format = journald
            [network]
            mode = proc
            protocols = off
            max_interfaces = 7
            [discovery]
            docker_roots = /a, /b
            max_state_file = 1MiB
            [filter]
            include = docker/*, lxc/web-*
            exclude = */test-*
            exclude_image = *pause*
            [identity]
            id = tag
            [tags]
            zone = b
            Datacenter = "fra 1"
            """));
        Assert.Equal(TimeSpan.FromMilliseconds(500), options.Sample.Interval);
        Assert.Equal(NetworkMode.Proc, options.Sample.Network);
        Assert.False(options.Sample.Protocols);
        Assert.Equal(7, options.Sample.MaxInterfaces);
        Assert.Equal("/a|/b", string.Join('|', options.Discover.DockerRoots));
        Assert.Equal(1 << 20, options.Discover.MaxStateFileBytes);
        Assert.Equal("docker/*|lxc/web-*", string.Join('|', options.Discover.Filter.Include));
        Assert.Equal("*pause*", string.Join('|', options.Discover.Filter.ExcludeImage));
        Assert.Equal(IdTag.Tag, options.Encode.IdTag);
        Assert.Equal("[Datacenter, fra 1]|[zone, b]", string.Join('|', options.Encode.StaticTags));
        Assert.Equal((LogLevel.Debug, LogFormat.Journald), (options.Log.Level, options.Log.Format));
    }

    [Fact]
    public void Environment_of_Kubernetes_service_links_is_ignored()
    {
        ImmutableArray<KeyValuePair<string, string>> environment =
        [
            new("NSCOLLECTOR_SERVICE_HOST", "10.0.0.1"), new("NSCOLLECTOR_SERVICE_PORT", "9100"), new("NSCOLLECTOR_SERVICE_PORT_METRICS", "9100"),
            new("NSCOLLECTOR_PORT", "tcp://10.0.0.1:9100"), new("NSCOLLECTOR_PORT_9100_TCP_ADDR", "10.0.0.1"),
        ];
        Valid(ConfigurationLoader.Load(Sources("") with { Environment = environment }));
    }

    /// <summary>Variables of Services called nscollector-metrics and nscollector-a--b, and one that was misspelt.</summary>
    [Fact]
    public void Environment_that_names_no_key_is_ignored_and_named()
    {
        string[] names =
        [
            "NSCOLLECTOR_METRICS_SERVICE_HOST", "NSCOLLECTOR_METRICS_PORT", "NSCOLLECTOR_METRICS_SERVICE_PORT_HTTP", "NSCOLLECTOR_METRICS_PORT_9100_TCP",
            "NSCOLLECTOR_A__B_SERVICE_HOST", "NSCOLLECTOR_A__B_PORT_53_UDP_PROTO", "NSCOLLECTOR_agent_interval", "NSCOLLECTOR_",
        ];
        ImmutableArray<KeyValuePair<string, string>> environment = [.. names.Select(name => new KeyValuePair<string, string>(name, "tcp://10.0.0.1:9100"))];
        ConfigurationResult result = ConfigurationLoader.Load(Sources("") with { Environment = environment });
        Valid(result);
        Assert.Equal(names.Order(StringComparer.Ordinal), result.Ignored!.Names);
        Assert.StartsWith("ignored NSCOLLECTOR_, NSCOLLECTOR_A__B_PORT_53_UDP_PROTO, NSCOLLECTOR_A__B_SERVICE_HOST and 5 more of the environment", result.Ignored.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NSCOLLECTOR_AGENT__INTERVAL", "5s")]
    [InlineData("NSCOLLECTOR_agent__interval", "5s")]
    public void Environment_that_names_a_key_is_applied(string name, string value)
    {
        ConfigurationResult result = ConfigurationLoader.Load(Sources("") with { Environment = [new(name, value)] });
        Assert.Equal(TimeSpan.FromSeconds(5), Valid(result).Sample.Interval);
        Assert.Null(result.Ignored);
    }

    [Theory]
    [InlineData("NSCOLLECTOR_agnet__interval")]
    [InlineData("NSCOLLECTOR_AGENT__INTERVALL")]
    [InlineData("NSCOLLECTOR_a__service_host")]
    public void Environment_with_a_misspelt_key_is_an_error(string name) =>
        Assert.Null(ConfigurationLoader.Load(Sources("") with { Environment = [new(name, "1s")] }).Options);

    // Errors

    [Theory]
    [InlineData("[agent]\nintervall = 1s", ":2: [agent] intervall = 1s: unknown key, did you mean interval?")]
    [InlineData("[agent]\nprotocols = on", ":2: [agent] protocols = on: unknown key, did you mean [network] protocols?")]
    [InlineData("[agnet]\ninterval = 1s\nhost = a", ":1: [agnet]: unknown section, did you mean [agent]?")]
    [InlineData("[agnet]", ":1: [agnet]: unknown section, did you mean [agent]?")]
    [InlineData("[agent:x]\ninterval = 1s", ":1: [agent:x]: this section has no NAME; write [agent]")]
    [InlineData("[file]\npath = /a", ":1: [file]: write [file:main]")]
    [InlineData("[influx]\nurl = http://a", ":1: [influx]: write [influx:main]")]
    [InlineData("[file:]\npath = /a", ":1: [file:]: expected a name")]
    [InlineData("[file:a b]\npath = /a", ":1: [file:a b]: expected a name")]
    [InlineData("interval = 1s", ":1: interval = 1s: this key is in no section; put a [agent] line above it")]
    [InlineData("[agent]\nfoo", ":2: foo: this is neither")]
    [InlineData("[agent] # comment\n", ":1: [agent] # comment: a section header must end in ]")]
    [InlineData("[agent]\n= 5", ":2: = 5: the key before = is missing")]
    [InlineData("[agent]\nhost = a\nHOST = b", ":3: [agent] HOST: this key is set twice")]
    [InlineData("[agent]\ninterval = 1s # fast", "put comments on their own lines")]
    [InlineData("[agent]\ninterval = 10", ":2: [agent] interval = 10: the unit is missing, write for example 10s")]
    [InlineData("[agent]\ninterval = 99ms", "this is too short")]
    [InlineData("[agent]\ninterval = 2d", "this is too long")]
    [InlineData("[agent]\ninterval = 99999999999999999d", "this is too long")]
    [InlineData("[agent]\ninterval = -1s", "expected a whole number with a unit")]
    [InlineData("[agent]\ninterval = 0", "the unit is missing")]
    [InlineData("[agent]\ninterval = 5s\npeaks = 5s", ":3: [agent] peaks = 5s: it must be shorter than [agent] interval")]
    [InlineData("[agent]\npeaks = 19ms", ":2: [agent] peaks = 19ms: this is too short; expected a whole number with a unit (ms, s, m, h, d) from 20ms to 1h, or off")]
    [InlineData("[agent]\npeaks = on", ":2: [agent] peaks = on: expected a whole number with a unit (ms, s, m, h, d) from 20ms to 1h, or off")]
    [InlineData("[agent]\ninterval = 5s\njitter = 5s", ":3: [agent] jitter = 5s: it must be shorter than [agent] interval")]
    [InlineData("[agent]\nhost =", "this is empty")]
    [InlineData("[agent]\nalign = 1", "expected on or off")]
    [InlineData("[network]\nmode = visti", "did you mean visit?; expected one of auto, visit, proc, off")]
    [InlineData("[network]\nmax_interfaces = 0", "a whole number from 1 to 65536")]
    [InlineData("[network]\nmax_peers = 65", "a whole number from 1 to 64")]
    [InlineData("[filter]\ninclude = web", "web: the runtime is missing, write for example */web")]
    [InlineData("[filter]\nexclude = dokcer/*", "did you mean docker?")]
    [InlineData("[discovery]\ndocker_roots = var/lib", "this does not begin with /")]
    [InlineData("[file:a]\nrotate_size = 64M", "write 64MiB")]
    [InlineData("[file:a]\nrotate_size = 64kB", "write 64KiB")]
    [InlineData("[file:a]\nrotate_size = 1", "this is too small")]
    [InlineData("[file:a]\nrotate_size = 9223372036854775807TiB", "this is too large")]
    [InlineData("[file:a]\nmode = 0888", "three octal digits")]
    [InlineData("[file:a]\nmode = 4755", "three octal digits")]
    [InlineData("[file:a]\npath = /tmp/", "this is a directory")]
    [InlineData("[file:a]\nowner = a:b", "not a valid account name")]
    [InlineData("[file:a]\nqueue_size = 64KiB", "it must hold at least one batch")]
    [InlineData("[file:a]\npath = /x/y\n[file:b]\npath = /x/../x/./y", ":4: [file:b] path = /x/../x/./y: [file:a] writes to the same file")]
    [InlineData("[file:a]\n[file:b]\n", "[file:b] path = metrics.lp (the default): [file:a] writes to the same file")]
    [InlineData("[file:a]\npath = -\n[file:b]\npath = -", "[file:a] writes to the same file")]
    [InlineData("[tags]\nHost = a", "the schema uses this tag")]
    [InlineData("[tags]\nlabel_x = a", "the schema uses this tag")]
    [InlineData("[tags]\n_field = a", "the schema uses this tag")]
    [InlineData("[tags]\na b = c", "expected a tag name")]
    [InlineData("[tags]\na =", "this is empty")]
    public void Error_names_origin_and_expected_value(string text, string expected)
    {
        ConfigurationResult result = Load(text);
        Assert.Null(result.Options);
        ConfigurationError error = Assert.Single(result.Errors);
        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
        Assert.Equal(!expected.Contains("(the default)", StringComparison.Ordinal), error.ToString().StartsWith(_directory.Path + "/nscollector.conf:", StringComparison.Ordinal));
    }

    [Fact]
    public void Errors_of_all_sources_are_reported()
    {
        string file = _directory.Write("nscollector.conf", "[agent]\nfoo\ninterval = 10\n[file:a]\npath = /x\n");
        _directory.Write("conf.d/a.conf", "[agent]\nalign = maybe\n[file:b]\npath = /x\n");
        ConfigurationResult result = ConfigurationLoader.Load(new ConfigurationSources
        {
            Config = file,
            Environment = [new("NSCOLLECTOR_agent__hots", "x")],
            Sets = ["foo", "agent=5", "network:mode=x"],
        });
        Assert.Equal(
            [
                file + ":2", file + ":3", _directory.Path + "/conf.d/a.conf:2", "environment NSCOLLECTOR_agent__hots",
                "--set foo", "--set agent=5", "--set", _directory.Path + "/conf.d/a.conf:4",
            ],
            result.Errors.Select(error => error.Origin));
    }

    [Fact]
    public void Two_sinks_with_same_file_through_links_are_refused()
    {
        Directory.CreateDirectory(_directory.Path + "/real");
        Directory.CreateSymbolicLink(_directory.Path + "/link", _directory.Path + "/real");
        string text = $"[file:a]\npath = {_directory.Path}/real/m\n[file:b]\npath = {_directory.Path}/link/m\n";
        Assert.Contains("writes to the same file", Assert.Single(Load(text).Errors).Problem, StringComparison.Ordinal);
        _directory.Write("real/m", "");
        Assert.Contains("writes to the same file", Assert.Single(Load(text).Errors).Problem, StringComparison.Ordinal);
        Valid(Load(text.Replace("link/m", "link/n", StringComparison.Ordinal)));
    }

    [Fact]
    public void Unknown_key_that_suggests_a_secret_hides_value() =>
        Assert.DoesNotContain("hunter2", Assert.Single(Load("[agent]\napi_token = hunter2").Errors).ToString(), StringComparison.Ordinal);

    // Unreadable files

    [Fact]
    public void File_with_byte_order_mark_and_CRLF_is_valid()
    {
        string path = _directory.Path + "/nscollector.conf";
        File.WriteAllBytes(path, [0xEF, 0xBB, 0xBF, .. "[agent]\r\nhost = a\r\n"u8]);
        Assert.Equal("a", Valid(ConfigurationLoader.Load(new ConfigurationSources { Config = path })).Encode.Host);
    }

    [Fact]
    public void Empty_file_and_dev_null_are_valid()
    {
        Valid(Load(""));
        Valid(ConfigurationLoader.Load(new ConfigurationSources { Config = "/dev/null" }));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'[', 0, (byte)']' }, "not a text file (NUL byte at offset 1)")]
    [InlineData(new byte[] { (byte)'[', 0xFF, (byte)']' }, "not UTF-8 text")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'[', 0 }, "not a text file")]
    public void File_that_is_not_text_is_refused(byte[] content, string expected)
    {
        string path = _directory.Path + "/nscollector.conf";
        File.WriteAllBytes(path, content);
        Assert.Contains(expected, Assert.Single(ConfigurationLoader.Load(new ConfigurationSources { Config = path }).Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void File_above_maximum_size_is_refused()
    {
        Assert.Contains("larger than 1048576 bytes", Assert.Single(Load(new string('#', IniFile.MaxBytes + 1)).Errors).Problem, StringComparison.Ordinal);
        Assert.Empty(Load(new string('#', IniFile.MaxBytes)).Errors);
        Assert.Contains("larger than", Assert.Single(ConfigurationLoader.Load(new ConfigurationSources { Config = "/dev/zero" }).Errors).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_and_missing_file_are_refused()
    {
        Assert.Contains("this is a directory", Assert.Single(ConfigurationLoader.Load(new ConfigurationSources { Config = _directory.Path }).Errors).Problem, StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Single(ConfigurationLoader.Load(new ConfigurationSources { Config = _directory.Path + "/x" }).Errors).Problem, StringComparison.Ordinal);
        Assert.NotEmpty(ConfigurationLoader.Load(new ConfigurationSources { Config = "" }).Errors);
        Assert.NotEmpty(ConfigurationLoader.Load(new ConfigurationSources { Config = "a\0b" }).Errors);
    }

    [Fact]
    public void Dangling_link_in_conf_d_is_reported()
    {
        string file = _directory.Write("nscollector.conf", "");
        Directory.CreateDirectory(_directory.Path + "/conf.d");
        File.CreateSymbolicLink(_directory.Path + "/conf.d/a.conf", "/nowhere/at/all");
        Assert.Contains("no such file", Assert.Single(ConfigurationLoader.Load(new ConfigurationSources { Config = file }).Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Error_messages_have_no_control_characters()
    {
        ConfigurationResult result = ConfigurationLoader.Load(Sources("") with { Sets = ["agent:host=a\nb\u001b[31m\u2028", "x\n:y=1", "foo\r"] });
        Assert.Equal(3, result.Errors.Length);
        Assert.All(result.Errors, error => Assert.DoesNotContain(error.ToString(), character => char.IsControl(character) || character == '\u2028'));
    }

    [Fact]
    public void Errors_beyond_100_are_only_counted()
    {
        ConfigurationResult result = Load("[agent]\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"nonsense{i} = 1\n")));
        Assert.Equal(101, result.Errors.Length);
        Assert.Contains("and 4900 more", result.Errors[^1].Problem, StringComparison.Ordinal);
    }

    private static AgentOptions Valid(ConfigurationResult result)
    {
        Assert.Empty(result.Errors);
        return result.Options!;
    }

    private ConfigurationSources Sources(string text) => new() { Config = _directory.Write("nscollector.conf", text) };

    private ConfigurationResult Load(string text) => ConfigurationLoader.Load(Sources(text));
}
