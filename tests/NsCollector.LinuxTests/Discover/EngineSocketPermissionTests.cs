using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Mono.Unix.Native;
using NsCollector.Discover.Identify.Engine;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>A daemon's socket of a group that the agent is not in, as the packaged service is not in the group docker.</summary>
public sealed class EngineSocketPermissionTests : IDisposable
{
    private const int DacOverride = 1;
    private const uint Nobody = 65534;

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-engine-").FullName;
    private readonly AgentCounters _counters = new();
    private readonly CapturingLogger _logger = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Forbidden_socket_is_logged_once_and_used_once_permitted()
    {
        string path = Path.Combine(_directory, "docker.sock");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Assert.Equal(0, Syscall.chown(path, Nobody, Nobody));
        Assert.Equal(0, Syscall.chmod(path, FilePermissions.S_IRUSR | FilePermissions.S_IWUSR));

        EngineOptions options = new() { SocketPath = path, LookInterval = TimeSpan.FromMilliseconds(20), FirstPause = TimeSpan.FromMilliseconds(20) };
        using EngineNames names = new(options, new HostRoots(), static _ => true, static _ => { }, _counters, _logger);

        // A thread inherits the capabilities of the thread that starts it.
        ThreadCapabilities.Without([DacOverride], names.Start);
        Eventually.True(() => _counters[AgentCounter.EngineErrorsUnreachable] > 0, "the refusal to be counted");
        Thread.Sleep(500);
        Assert.Equal(1, _counters[AgentCounter.EngineErrorsUnreachable]);
        (LogLevel level, string message) = Assert.Single(_logger.Entries);
        Assert.Equal(LogLevel.Information, level);
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.False(listener.Poll(0, SelectMode.SelectRead));

        Assert.Equal(0, Syscall.chmod(path, (FilePermissions)0x1B6));
        Assert.True(listener.Poll(10_000_000, SelectMode.SelectRead), "no connection although the socket can be opened now");
    }
}
