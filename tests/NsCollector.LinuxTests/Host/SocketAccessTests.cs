using System.Net.Sockets;
using NsCollector.Host;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Http;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Host;

/// <summary>Who may connect to the unix socket of the section http.</summary>
public sealed class SocketAccessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CapturingLogger _logger = new();

    private string SocketPath => Path.Combine(_directory.Path, "http.sock");

    public void Dispose() => _directory.Dispose();

    [RequiresFact("stat", "getent", "setpriv", "curl")]
    public void Socket_has_mode_0660_and_the_group_whose_members_connect()
    {
        string gid = Command.Run("getent", "group", "daemon").Split(':')[2];
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        using HttpFace face = Start("daemon");
        Assert.Equal($"660 {gid}", Command.Run("stat", "-c", "%a %g", SocketPath).Trim());
        Assert.Equal(0, Connect(gid));
        Assert.NotEqual(0, Connect("65534"));
        Assert.Equal(0, _logger.Count("socket_group"));
        face.Stop(TimeSpan.FromSeconds(2));
    }

    [RequiresFact("stat")]
    public async Task Unknown_group_is_logged_and_the_socket_still_serves()
    {
        using HttpFace face = Start("no-such-group");
        Assert.Equal("660 0", Command.Run("stat", "-c", "%a %g", SocketPath).Trim());
        Assert.Single(_logger.Messages, message => message.Contains("no-such-group", StringComparison.Ordinal) && message.Contains("socket_group", StringComparison.Ordinal));
        using var handler = new SocketsHttpHandler { ConnectCallback = ConnectAsync };
        using var client = new HttpClient(handler) { BaseAddress = new Uri("http://x") };
        Assert.Equal("ok\n", await client.GetStringAsync("/healthz"));
        face.Stop(TimeSpan.FromSeconds(2));
    }

    private HttpFace Start(string group)
    {
        Assert.True(ListenAddress.TryParse("unix:" + SocketPath, out ListenAddress? address));
        var face = new HttpFace(
            new HttpOptions { Listen = [address], SocketGroup = group }, new LatestSamples([], TimeSpan.Zero), null, new HostRoots(), new SampleOptions(), new AgentCounters(), _logger);
        Assert.Null(face.Start());
        return face;
    }

    // A user that is not root, with one group.
    private int Connect(string gid) =>
        Command.Try("setpriv", "--reuid", "65534", "--regid", gid, "--clear-groups", "curl", "-sf", "--unix-socket", SocketPath, "http://x/healthz").Status;

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
