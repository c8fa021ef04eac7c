using NsCollector.Host.Configuration;
using NsCollector.Serve.Docker;

namespace NsCollector.Tests.Host.Configuration;

public sealed class DockerApiConfigurationTests
{
    [Fact]
    public void Section_with_all_of_its_keys_is_read()
    {
        ConfigurationResult result = Load(
            """
            listen = unix:/run/a.sock, unix:/run/b.sock
            socket_group = docker
            environment = on
            max_connections = 20
            max_streams = 10
            response_timeout = 3s
            events_kept = 5
            """);
        Assert.Empty(result.Errors);
        DockerApiOptions options = result.Options!.DockerApi;
        Assert.Equal(["/run/a.sock", "/run/b.sock"], options.Listen.Select(address => address.SocketPath));
        Assert.Equal(("docker", true, 20, 10, TimeSpan.FromSeconds(3), 5), (options.SocketGroup, options.Environment, options.MaxConnections, options.MaxStreams, options.ResponseTimeout, options.EventsKept));
    }

    [Theory]
    [InlineData("listen = 127.0.0.1:2375", "listen", "only unix sockets")]
    [InlineData("listen = /run/docker.sock", "listen", "unix:/PATH")]
    [InlineData("listen = unix:/run/a.sock\nmax_connections = 10\nmax_streams = 10", "max_streams", "less than max_connections")]
    public void Invalid_value_is_an_error_of_its_key(string text, string key, string problem)
    {
        ConfigurationError error = Assert.Single(Load(text).Errors);
        Assert.Contains($"[docker_api] {key}", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(problem, error.ToString(), StringComparison.Ordinal);
    }

    private static ConfigurationResult Load(string section)
    {
        using TemporaryDirectory directory = new();
        return ConfigurationLoader.Load(new ConfigurationSources { Config = directory.Write("nscollector.conf", "[docker_api]\n" + section), ReadHostName = () => "h" });
    }
}
