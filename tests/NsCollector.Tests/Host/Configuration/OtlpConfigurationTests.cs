using NsCollector.Deliver.Otlp;
using NsCollector.Encode.Otlp;
using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host.Configuration;

public sealed class OtlpConfigurationTests
{
    [Fact]
    public void Section_with_all_of_its_own_keys_is_read()
    {
        ConfigurationResult result = Load(
            """
            [otlp:main]
            url = https://collector.example
            temporality = delta
            max_request_size = 1MiB
            header.X-Scope-OrgID = 42
            header.X-Other = a b
            header_file.Authorization = /etc/nscollector/otlp.header
            retry_interval = 2s
            """);

        Assert.Empty(result.Errors);
        OtlpSinkOptions sink = Assert.Single(result.Options!.Sinks.OfType<OtlpSinkOptions>());
        Assert.Equal(("main", "https://collector.example/v1/metrics", OtlpTemporality.Delta, 1 << 20, TimeSpan.FromSeconds(2)),
            (sink.Name, sink.Endpoint, sink.Temporality, sink.MaxRequestBytes, sink.RetryInterval));
        Assert.Equal(["X-Scope-OrgID: 42", "X-Other: a b"], sink.HeaderValues.Select(header => $"{header.Key}: {header.Value}"));
        Assert.Equal(["Authorization: /etc/nscollector/otlp.header"], sink.HeaderValueFiles.Select(header => $"{header.Key}: {header.Value}"));
    }

    [Theory]
    [InlineData("https://h/opentelemetry/v1/metrics", "https://h/opentelemetry/v1/metrics")]
    [InlineData("http://h:4318", "http://h:4318/v1/metrics")]
    [InlineData("http://h:4318/", "http://h:4318/v1/metrics")]
    public void Url_without_a_path_gets_that_of_the_specification(string url, string endpoint) =>
        Assert.Equal(endpoint, new OtlpSinkOptions { Name = "a", Url = url }.Endpoint);

    [Theory]
    [InlineData("", "url", "it is missing")]
    [InlineData("url = http://h\nheader.Content-Type = x", "header.Content-Type", "the agent sets this header itself")]
    [InlineData("url = http://h\nheader.a b = x", "header.a b", "letters, digits and -")]
    [InlineData("url = http://h\nheader. = x", "header.", "letters, digits and -")]
    [InlineData("url = http://h\nheader.a = ä", "header.a", "printable ASCII")]
    [InlineData("url = http://h\ntemporality = both", "temporality", "cumulative")]
    [InlineData("url = http://h\nmax_request_size = 100KiB", "max_request_size", "at least one batch")]
    [InlineData("url = http://h\ntls_verify = off", "tls_verify", "https")]
    [InlineData("url = http://h\nuser = u", "user", "password_file")]
    [InlineData("url = http://h\ntoken = abc", "token", "token_file = FILE")]
    [InlineData("url = http://h\nheader.Content-MD5 = x", "header.Content-MD5", "the agent sets this header itself")]
    [InlineData("url = http://h\nheader.Accept-Encoding = gzip", "header.Accept-Encoding", "the agent sets this header itself")]
    [InlineData("url = http://h\nheader.X-Key = a\nheader_file.x-key = /x", "header_file.x-key", "sets the same header")]
    [InlineData("url = http://h\ntoken_file = /x\nheader.authorization = a", "header.authorization", "token_file sets the same header")]
    [InlineData("url = http://h\nuser = u\npassword_file = /x\nheader_file.Authorization = /y", "header_file.Authorization", "user sets the same header")]
    [InlineData("url = http://h\n[spool]\nfile_size = 64KiB", "file_size", "at least one batch")]
    [InlineData("url = http://h\nbucket = b", "bucket", "unknown key")]
    public void Mistake_is_reported_with_its_key_and_the_remedy(string keys, string key, string words)
    {
        ConfigurationResult result = Load("[otlp:main]\n" + keys);

        ConfigurationError error = Assert.Single(result.Errors);
        Assert.Contains(key, error.ToString(), StringComparison.Ordinal);
        Assert.Contains(words, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Value_of_a_header_is_not_in_a_message()
    {
        ConfigurationResult result = Load("[otlp:main]\nurl = http://h\nheader.Authorization = Bearer abcä\nheaders.Authorization = Bearer abc\ntoken_file = /x");

        Assert.NotEmpty(result.Errors);
        Assert.All(result.Errors, error => Assert.DoesNotContain("abc", error.ToString(), StringComparison.Ordinal));
    }

    private static ConfigurationResult Load(string text)
    {
        using TemporaryDirectory directory = new();
        return ConfigurationLoader.Load(new ConfigurationSources { Config = directory.Write("nscollector.conf", text), ReadHostName = () => "h" });
    }
}
