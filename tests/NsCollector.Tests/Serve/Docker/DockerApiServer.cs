using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Http;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>A server of Docker's API on a unix socket.</summary>
internal sealed class DockerApiServer : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpServer _server;

    public DockerApiServer(ImmutableArray<DockerRoute> routes, TimeSpan? timeout = null, int maxConnections = 64, int maxBlocking = DockerRequests.MaxBlocking)
    {
        Assert.True(ListenAddress.TryParse("unix:" + SocketPath, out ListenAddress? address));
        var requests = new DockerRequests(routes, "NsCollector/1.2 (linux)", timeout ?? TimeSpan.FromSeconds(10), Counters, new RateLimitedLog(NullLogger.Instance), _stopping.Token, maxBlocking);
        _server = new HttpServer(new ServerOptions("docker_api", [address]), requests, new OpenConnections(maxConnections, Counters));
        Assert.Null(_server.Start());
        Client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://api.moby.localhost"), Timeout = TimeSpan.FromSeconds(20) };
    }

    public AgentCounters Counters { get; } = new();

    public HttpClient Client { get; }

    public string SocketPath => _directory.Path + "/docker.sock";

    /// <summary>The status of a request, and its body.</summary>
    public async Task<(int Status, string Body)> Get(string path)
    {
        using HttpResponseMessage answer = await Client.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Sends bytes as they are.</summary>
    /// <returns>The answer; empty if the connection is closed without one.</returns>
    public async Task<string> Exchange(string request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        byte[] buffer = new byte[4096];
        string answer = "";
        try
        {
            // The last chunk is empty.
            int received = 1;
            while (received > 0 && !answer.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                received = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(20));
                answer += Encoding.Latin1.GetString(buffer, 0, received);
            }
        }
        catch (SocketException)
        {
            // The server has closed the connection before it has read everything.
        }

        return answer;
    }

    /// <summary>Stops it as the agent does.</summary>
    public void Stop()
    {
        _stopping.Cancel();
        _server.Stop(TimeSpan.FromSeconds(5));
    }

    public void Dispose()
    {
        Client.Dispose();
        Stop();
        _server.Dispose();
        _stopping.Dispose();
        _directory.Dispose();
    }
}
