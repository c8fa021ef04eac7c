using System.Net;
using System.Net.Sockets;
using NsCollector.Host.Check;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Flows;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Flows;

/// <summary>The receiver's socket is opened in a namespace of the test, which has a number for one other only.</summary>
[Collection(NamespaceTests.Name)]
public sealed class FlowReceiverTests : IDisposable
{
    private readonly NamespaceProcess _listening = NamespaceProcess.Start();
    private readonly NamespaceProcess _other = NamespaceProcess.Start();
    private readonly AgentCounters _counters = new();
    private readonly FlowTable _table;

    public FlowReceiverTests()
    {
        _table = new FlowTable(new FlowOptions(), withLoopback: true, _counters, 0);
        _listening.Run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", $"{_other.Pid}");
        _other.Run("ip", "link", "set", "lo", "up");
    }

    public void Dispose()
    {
        _listening.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Messages_of_a_full_buffer_are_counted_exactly()
    {
        const int Connections = 200;
        using FlowReceiver receiver = Open(bufferBytes: 64 << 10);
        Connect(Connections);
        long lost = 0;
        Eventually.True(
            () =>
            {
                lost += receiver.TakeLost();
                receiver.Drain();
                return lost + _counters[AgentCounter.FlowsReceived] >= 2 * Connections;
            },
            "both ends of each connection to be received or counted as lost");
        Assert.True(lost > 0, "The buffer was large enough, so nothing is proved.");
        Assert.Equal(2 * Connections, lost + _counters[AgentCounter.FlowsReceived]);
        Assert.Equal(lost, _counters[AgentCounter.FlowsLost]);
        Assert.Equal(0, _counters[AgentCounter.FlowErrors]);
    }

    [Fact]
    public void Large_buffer_loses_nothing()
    {
        const int Connections = 500;
        using FlowReceiver receiver = Open(bufferBytes: 8 << 20);
        Connect(Connections);
        Eventually.True(
            () =>
            {
                receiver.Drain();
                return _counters[AgentCounter.FlowsReceived] >= 2 * Connections;
            },
            "both ends of each connection");
        Assert.Equal(0, receiver.TakeLost());
        Assert.Equal(2 * Connections, _counters[AgentCounter.FlowsReceived]);
    }

    [Theory]
    [InlineData(ThreadCapabilities.NetBroadcast)]
    [InlineData(ThreadCapabilities.NetAdmin)]
    public void Missing_right_is_an_error(int capability)
    {
        int error = 0;
        Finding[] findings = [];
        var options = new SampleOptions { Flows = new FlowOptions { Enabled = true } };
        ThreadCapabilities.Without([capability], () =>
        {
            using var receiver = new FlowReceiver(_table, 8 << 20, _counters, new CapturingLogger());
            error = receiver.Error;
            findings = [.. FlowsCheck.Findings(new HostRoots(), options, canVisit: true)];
        });
        Assert.Equal(Errno.EPERM, error);
        Assert.Equal(Severity.Warn, Assert.Single(findings).Severity);
        Assert.Contains("CAP_NET_BROADCAST and CAP_NET_ADMIN", findings[0].Text, StringComparison.Ordinal);
        Assert.Equal(Severity.Ok, Assert.Single(FlowsCheck.Findings(new HostRoots(), options, canVisit: true)).Severity);
    }

    private FlowReceiver Open(long bufferBytes)
    {
        FlowReceiver? receiver = null;
        NamespaceThread.Run(_listening.Pid, () => receiver = new FlowReceiver(_table, bufferBytes, _counters, new CapturingLogger()));
        Assert.Equal(0, receiver!.Error);
        return receiver;
    }

    private void Connect(int count) => NamespaceThread.Run(_other.Pid, () =>
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        for (int i = 0; i < count; i++)
        {
            using var client = new TcpClient();
            client.Connect((IPEndPoint)listener.LocalEndpoint);
            listener.AcceptTcpClient().Dispose();
            Assert.Equal(0, client.Client.Receive(new byte[1]));
        }
    });
}
