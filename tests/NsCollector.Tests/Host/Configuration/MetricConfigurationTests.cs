using NsCollector.Encode.Selection;
using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host.Configuration;

public sealed class MetricConfigurationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Key_of_an_output_replaces_that_of_the_section_metrics()
    {
        ConfigurationResult result = Load(
            """
            [metrics]
            include = container_cpu.*, container_memory_*
            exclude = *.usage_percent
            [file:a]
            path = /tmp/a.lp
            [file:b]
            path = /tmp/b.lp
            metrics_include = host_*
            metrics_exclude =
            [http]
            listen = 127.0.0.1:9469
            metrics_exclude = container_fs_*
            """);

        Assert.Empty(result.Errors);
        OutputChoice a = result.Options!.FileSinks[0].Choice, b = result.Options.FileSinks[1].Choice, http = result.Options.Http.Choice;
        Assert.Equal("container_cpu.*, container_memory_*", a.Include!.ToString());
        Assert.Equal("*.usage_percent", a.Exclude!.ToString());
        Assert.Equal("host_*", b.Include!.ToString());
        Assert.Null(b.Exclude);
        Assert.Equal("container_fs_*", http.Exclude!.ToString());
        Assert.Equal(a.Include, http.Include);
    }

    [Fact]
    public void Empty_list_and_missing_key_are_equal_choices()
    {
        var sinks = Load("[file:a]\npath = /tmp/a.lp\n[file:b]\npath = /tmp/b.lp\nmetrics_include =\nlabels_exclude =").Options!.FileSinks;
        Assert.Equal(sinks[0].Choice, sinks[1].Choice);
    }

    [Theory]
    [InlineData("[metrics]\ninclude = container_cpu.*, docker_container_mem.*, container_memory_usage_bytes, container.cpu.time")]
    [InlineData("[metrics]\nexclude = docker_container_mem.cache")]
    [InlineData("[metrics]\ninclude = container_memory_stat.*")]
    [InlineData("[metrics]\nexclude = node_*")]
    [InlineData("[file:a]\nschema = telegraf\nmetrics_include = docker_container_mem.usage_percent, container_cpu.*")]
    [InlineData("[otlp:a]\nurl = http://h\nmetrics_include = container.cpu.*")]
    [InlineData("[http]\nmetrics_include = container_last_seen, node_memory_MemFree_bytes, nscollector_build_info, machine_*")]
    [InlineData("[http]\nlisten = 127.0.0.1:9469\nmetrics_include = container_cpu.*, container_oom.*, container_memory_stat.*")]
    [InlineData("[identity]\nlabels = *\n[file:a]\nlabels_include = anything")]
    [InlineData("[identity]\nenvironment = REGION\n[http]\nlabels_exclude = REGION")]
    public void Name_of_any_schema_that_the_output_has_is_accepted(string text) => Assert.Empty(Load(text).Errors);

    [Theory]
    [InlineData("[metrics]\ninclude = container_cpu.usage_n", "[metrics] include", "container_cpu.usage_n", "did you mean container_cpu.usage_ns?")]
    [InlineData("[metrics]\nexclude = nothing_*", "[metrics] exclude", "nothing_*", "docs/metrics.md has the names")]
    [InlineData("[file:a]\nmetrics_include = container_cpu_usage_seconds_total", "[file:a] metrics_include", "container_cpu_usage_seconds_total", "matches no metric")]
    [InlineData("[file:a]\nmetrics_exclude = container_memory_stat.anon", "[file:a] metrics_exclude", "container_memory_stat.anon", "matches no metric")]
    [InlineData("[http]\nmetrics_include = docker_container_mem.*", "[http] metrics_include", "docker_container_mem.*", "matches no metric")]
    [InlineData("[otlp:a]\nurl = http://h\nmetrics_include = container_[", "[otlp:a] metrics_include", "container_[", "matches no metric")]
    [InlineData("[metrics]\ninclude = container_cpu_usage_seconds_total", "[metrics] include", "container_cpu_usage_seconds_total", "no metric is left for [file:main]")]
    [InlineData("[metrics]\nexclude = *", "[metrics] exclude", "*", "no metric is left for [file:main]")]
    [InlineData("[file:a]\nmetrics_include = host_*\nmetrics_exclude = *", "[file:a] metrics_include", "host_*", "no metric is left for [file:a]")]
    [InlineData("[file:a]\nschema = telegraf\nmetrics_include = *.container_id", "[file:a] metrics_include", "*.container_id", "no metric is left for [file:a]")]
    [InlineData("[http]\nlisten = 127.0.0.1:9469\nmetrics_include = container_oom.*", "[http] metrics_include", "container_oom.*", "no metric is left for [http]")]
    [InlineData("[file:a]\nlabels_include = team", "[file:a] labels_include", "team", "no label is read")]
    [InlineData("[file:a]\ntelegraf_host = on", "[file:a] telegraf_host", "on", "set schema = telegraf")]
    [InlineData("[file:a]\nschema = nscollector\ntelegraf_total = cpu", "[file:a] telegraf_total", "cpu", "set schema = telegraf")]
    [InlineData("[influx:a]\nurl = http://h\ndatabase = d\ntelegraf_perdevice = blkio", "[influx:a] telegraf_perdevice", "blkio", "set schema = telegraf")]
    [InlineData("[otlp:a]\nurl = http://h\ntelegraf_total = cpu", "[otlp:a] telegraf_total", "cpu", "unknown")]
    [InlineData("[host]\nenabled = off\n[file:a]\nschema = telegraf\ntelegraf_host = on", "[file:a] telegraf_host", "on", "set [host] enabled = on")]
    [InlineData("[identity]\nenvironment = PASS*", "[identity] environment", "PASS*", "globs are not allowed")]
    [InlineData("[identity]\norchestrator_tags = perhaps", "[identity] orchestrator_tags", "perhaps", "on or off")]
    public void Mistake_names_file_line_key_value_and_remedy(string text, string key, string value, string words)
    {
        ConfigurationError error = Assert.Single(Load(text).Errors);
        Assert.StartsWith(Path.Combine(_directory.Path, "a.conf") + ":", error.ToString(), StringComparison.Ordinal);
        Assert.Equal((key, value), (error.Key, error.Value));
        Assert.Contains(words, error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_globs_are_bounded()
    {
        string many = string.Join(",", Enumerable.Range(0, 101).Select(number => "container_cpu.*" + new string('*', number)));
        Assert.Contains("more than 100 globs", Assert.Single(Load("[metrics]\ninclude = " + many).Errors).Problem, StringComparison.Ordinal);
        Assert.Contains("at most 128 characters", Assert.Single(Load("[metrics]\ninclude = " + new string('a', 129)).Errors).Problem, StringComparison.Ordinal);

        // Stars and brackets that would make a naive matcher exponential.
        string slow = string.Join(",", Enumerable.Range(0, 100).Select(number => string.Concat(Enumerable.Repeat("*[a-z_]", 17)) + number));
        var time = System.Diagnostics.Stopwatch.StartNew();
        Assert.Single(Load("[metrics]\ninclude = " + slow).Errors);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(30), $"it took {time.Elapsed}");
    }

    private ConfigurationResult Load(string text)
    {
        string path = Path.Combine(_directory.Path, "a.conf");
        File.WriteAllText(path, text);
        return ConfigurationLoader.Load(new ConfigurationSources { Config = path, ReadHostName = () => "h" });
    }
}
