using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace NsCollector.LinuxTests.Deliver;

/// <summary>Whether an agent with http_proxy and no_proxy in its environment connects to the server or to the proxy.</summary>
public sealed class ExcludedFromProxyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("127.0.0.0/8", "127.0.0.1")]
    [InlineData("*", "127.0.0.1")]
    [InlineData("::1", "[::1]")]
    [InlineData("*.local,127.0.0.1:PORT", "127.0.0.1")]
    [InlineData("localhost", "localhost")]
    public void Influx_sink_sends_to_an_excluded_server_directly(string noProxy, string host) => Assert.Equal("server", FirstReceiver(noProxy, host));

    [Theory]
    [InlineData("128.0.0.0/8", "127.0.0.1")]
    [InlineData("127.0.0.1:1", "127.0.0.1")]
    public void Influx_sink_sends_to_another_server_through_the_proxy(string noProxy, string host) => Assert.Equal("proxy", FirstReceiver(noProxy, host));

    private string FirstReceiver(string noProxy, string host)
    {
        using BlockingCollection<string> receivers = [];
        using TcpListener proxy = Listen("proxy", receivers);
        using TcpListener server = Listen("server", receivers);
        int proxyPort = ((IPEndPoint)proxy.LocalEndpoint).Port;
        int serverPort = ((IPEndPoint)server.LocalEndpoint).Port;
        using NsCollectorProcess agent = NsCollectorProcess.Start(
            ["run", "--set", $"influx:main:url=http://{host}:{serverPort}", "--set", "influx:main:database=d", "--set", $"spool:path={_directory.Path}/spool",
                "--set", $"file:main:path={_directory.Path}/metrics.lp", "--set", "agent:interval=1s", "--set", "network:mode=off", "--set", "filter:include=docker/none"],
            new()
            {
                ["http_proxy"] = $"http://127.0.0.1:{proxyPort}",
                ["no_proxy"] = noProxy.Replace("PORT", $"{serverPort}", StringComparison.Ordinal),
            }, _directory.Path);
        Assert.True(receivers.TryTake(out string? receiver, TimeSpan.FromSeconds(30)), "the agent connected neither to the server nor to the proxy");
        return receiver;
    }

    // Accepts connections on IPv4 and IPv6, and closes them: the tests only compare which listener is connected to first.
    private static TcpListener Listen(string name, BlockingCollection<string> receivers)
    {
        TcpListener listener = TcpListener.Create(0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                receivers.Add(name);
            }
        });
        return listener;
    }
}
