using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Flows;
using NsCollector.Telemetry;
using static NsCollector.LinuxTests.Sample.Flows.FlowWorkload;

namespace NsCollector.LinuxTests.Sample.Flows;

/// <summary>Property: the points of container_flow are what a workload has counted itself, but for SYN and FIN.</summary>
[Collection(NamespaceTests.Name)]
public sealed class ContainerFlowsTests : IDisposable
{
    private const long Client = 1, Server = 2;
    private const int Sent = 123_457, Answered = 7_777;

    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();
    private readonly FlowTotals _flows = new();
    private readonly AgentCounters _counters = new();
    private readonly List<Container> _containers = [];
    private readonly FlowWorkload _workload;
    private long _made;
    private readonly SampleOptions _options = new() { NamespaceRoots = [], Network = NetworkMode.Visit, Flows = new FlowOptions { Enabled = true } };

    public ContainerFlowsTests() => _workload = new FlowWorkload(Make(), Make());

    public void Dispose()
    {
        _workload.Dispose();
        _cgroups.Dispose();
    }

    [Theory]
    [InlineData(ClientIpv4, ServerIpv4)]
    [InlineData(ClientIpv6, ServerIpv6)]
    public void Both_ends_have_bytes_of_workload(string client, string server)
    {
        const int Connections = 20;
        Socket listener = _workload.Listen(server);
        using Sampler sampler = NewSampler();
        sampler.RunCycle();
        _workload.Connect(listener, Connections, Sent, Answered);
        WaitForClosed(sampler, Client, Connections);
        WaitForClosed(sampler, Server, Connections);

        var outgoing = new FlowTotals.Key(Client, "out", server, PortOf(listener));
        var incoming = new FlowTotals.Key(Server, "in", client, PortOf(listener));
        Assert.Equal(new HashSet<FlowTotals.Key> { outgoing, incoming }, [.. _flows.Points.Keys]);
        Assert.Equal(Connections, _flows[outgoing, Reading.FlowConnectionsClosed]);
        Assert.Equal(Connections, _flows[incoming, Reading.FlowConnectionsClosed]);

        // The client's end counts its SYN and FIN as sent, the server's end its FIN; a FIN counts as received, a SYN does not.
        Assert.Equal(Connections * (Sent + 2), _flows[outgoing, Reading.FlowBytesSent]);
        Assert.Equal(Connections * (Answered + 1), _flows[outgoing, Reading.FlowBytesReceived]);
        Assert.Equal(Connections * (Answered + 1), _flows[incoming, Reading.FlowBytesSent]);
        Assert.Equal(Connections * (Sent + 1), _flows[incoming, Reading.FlowBytesReceived]);

        // The ends differ in the segments of the handshake, and of the client's time in TIME_WAIT.
        Assert.InRange(_flows[outgoing, Reading.FlowSegsOut] - _flows[incoming, Reading.FlowSegsIn], -2 * Connections, 2 * Connections);
        Assert.InRange(_flows[incoming, Reading.FlowSegsOut] - _flows[outgoing, Reading.FlowSegsIn], -2 * Connections, 2 * Connections);
        Assert.True(_flows[outgoing, Reading.FlowSegsOut] >= Connections * (Sent / 65_536) && _flows[outgoing, Reading.FlowSegsIn] >= 4 * Connections);
        Assert.True(_flows[outgoing, Reading.FlowRttMeanUs] > 0 && _flows[outgoing, Reading.FlowRttMaxUs] >= _flows[outgoing, Reading.FlowRttMeanUs]);
        Assert.Equal(0, _flows.Sum(Client, Reading.FlowConnectionsLost));
        Assert.Equal(0, _counters[AgentCounter.FlowErrors] + _counters[AgentCounter.FlowsLost] + _counters[AgentCounter.FlowsOverLimit]);
    }

    [Fact]
    public void Retransmitted_segments_are_those_that_the_namespace_counts()
    {
        const int Connections = 2;
        Socket listener = _workload.Listen(ServerIpv4);
        _workload.Server.Run("nft", $"add table ip t; add chain ip t in {{ type filter hook input priority 0; }}; add rule ip t in tcp dport {PortOf(listener)} ip length > 1000 numgen inc mod 5 3 drop");
        using Sampler sampler = NewSampler();
        sampler.RunCycle();
        _workload.Connect(listener, Connections, Sent, Answered);
        WaitForClosed(sampler, Client, Connections);

        long counted = long.Parse(_workload.Client.ReadProc("net/snmp").Split('\n').Last(line => line.StartsWith("Tcp: ", StringComparison.Ordinal)).Split(' ')[12], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(counted >= Connections, "Nothing was lost.");
        Assert.Equal(counted, _flows.Sum(Client, Reading.FlowRetransSegs));
        Assert.Equal(0, _flows.Sum(Server, Reading.FlowRetransSegs));
    }

    [Fact]
    public void IPv4_over_IPv6_socket_has_IPv4_remote()
    {
        Socket? listener = null;
        NamespaceThread.Run(_workload.Server.Pid, () =>
        {
            listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            listener.Bind(new IPEndPoint(IPAddress.Parse("::ffff:" + ServerIpv4), 0));
            listener.Listen();
        });
        using Sampler sampler = NewSampler();
        sampler.RunCycle();
        _workload.Connect(listener!, 1, 10, 10);
        WaitForClosed(sampler, Server, 1);
        Assert.Equal([new FlowTotals.Key(Server, "in", ClientIpv4, PortOf(listener!))], _flows.Points.Keys.Where(key => key.Container == Server));
        listener!.Dispose();
    }

    /// <summary>A listening socket that no dump has shown proves nothing.</summary>
    [Fact]
    public void Direction_is_unknown_without_proof()
    {
        using Sampler sampler = NewSampler();
        sampler.RunCycle();
        Socket listener = _workload.Listen(ServerIpv4);
        _workload.Connect(listener, 3, Sent, Answered);
        listener.Close();
        WaitForClosed(sampler, Server, 3);
        Assert.Equal([new FlowTotals.Key(Server, "unknown", ClientIpv4, "")], _flows.Points.Keys.Where(key => key.Container == Server));
        Assert.Equal(3 * (Sent + 1), _flows.Sum(Server, Reading.FlowBytesReceived));
    }

    [Fact]
    public void Direction_is_that_of_listener_after_it_was_closed()
    {
        Socket listener = _workload.Listen(ServerIpv4);
        using Sampler sampler = NewSampler();
        sampler.RunCycle();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Socket? server = null;
        string port = PortOf(listener);
        NamespaceThread.Run(_workload.Client.Pid, () =>
        {
            using var connected = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            connected.Connect(listener.LocalEndPoint!);
            server = listener.Accept();
            listener.Close();
        });
        sampler.RunCycle();
        server!.Close();
        WaitForClosed(sampler, Server, 1);
        Assert.Equal([new FlowTotals.Key(Server, "in", ClientIpv4, port)], _flows.Points.Keys.Where(key => key.Container == Server));
    }

    [Fact]
    public void Most_bytes_have_points_and_the_rest_is_other()
    {
        Socket[] listeners = [.. Enumerable.Range(0, 5).Select(_ => _workload.Listen(ServerIpv4))];
        using Sampler sampler = NewSampler(_options.Flows with { Top = 2, PrefixIpv4 = 8 });
        sampler.RunCycle();
        for (int i = 0; i < 5; i++) _workload.Connect(listeners[i], 1, 1000 * (i + 1), 0);
        Eventually.True(() => _counters[AgentCounter.FlowsReceived] >= 10, "the ten ends to be reported");
        sampler.RunCycle();
        Assert.Equal(
            ["10.0.0.0/8 " + PortOf(listeners[4]) + " 5002", "10.0.0.0/8 " + PortOf(listeners[3]) + " 4002", "other  6006"],
            _flows.Points.Where(point => point.Key.Container == Client).Select(point => $"{point.Key.Remote} {point.Key.Port} {point.Value[Reading.FlowBytesSent]}"));
    }

    [Fact]
    public void Connections_are_reported_once_the_kernel_module_is_loaded()
    {
        using TemporaryDirectory kernel = new();
        Directory.CreateDirectory(kernel["proc/sys/kernel"]);
        File.WriteAllText(kernel["proc/sys/kernel/osrelease"], "0.0.1-no-such-kernel\n");
        File.WriteAllText(kernel["proc/modules"], "");
        _source.Publish([.. _containers]);
        using var sampler = new Sampler(
            _source, _flows, _cgroups.Mounts(), new HostRoots(Proc: kernel["proc"], Sys: kernel["sys"]), _options, _counters, NullLoggerFactory.Instance) { ModuleRecheckNs = 0 };
        sampler.RunCycle();
        Socket listener = _workload.Listen(ServerIpv4);
        _workload.Connect(listener, 1, Sent, Answered);
        sampler.RunCycle();
        Assert.Equal(0, _counters[AgentCounter.FlowsReceived]);

        Directory.CreateDirectory(kernel["sys/module/tcp_diag"]);
        sampler.RunCycle();
        _workload.Connect(listener, 3, Sent, Answered);
        WaitForClosed(sampler, Server, 3);
        Assert.Equal(3 * (Sent + 1), _flows.Sum(Server, Reading.FlowBytesReceived));

        // These containers may have had connections before.
        EndContainers(sampler);
        Assert.All(_flows.Exits.Values, exit => Assert.False(exit.Readings.Has(Reading.ExitConnectionsClosed)));
    }

    [Fact]
    public void Longer_interval_is_summed_up()
    {
        Socket listener = _workload.Listen(ServerIpv4);
        using Sampler sampler = NewSampler(_options.Flows with { Interval = TimeSpan.FromHours(1) });
        sampler.RunCycle();
        _workload.Connect(listener, 1, 10, 10);
        Eventually.True(() => _counters[AgentCounter.FlowsReceived] >= 2, "both ends to be reported");
        sampler.RunCycle();
        Assert.Empty(_flows.Points);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Connections_within_container_need_loopback_option(bool withLoopback)
    {
        _source.Publish([.. _containers]);
        using var sampler = new Sampler(_source, _flows, _cgroups.Mounts(), new HostRoots(), _options with { Loopback = withLoopback }, _counters, NullLoggerFactory.Instance);
        sampler.RunCycle();
        NamespaceThread.Run(_workload.Client.Pid, () =>
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            using var client = new TcpClient();
            client.Connect((IPEndPoint)listener.LocalEndpoint);
            listener.AcceptTcpClient().Dispose();
        });
        Eventually.True(() => _counters[AgentCounter.FlowsReceived] >= 2, "both ends to be reported");
        sampler.RunCycle();
        Assert.Equal(withLoopback ? 2 : 0, _flows.Sum(Client, Reading.FlowConnectionsClosed));
    }

    /// <summary>
    /// Each cycle has what the connection has transferred since the one before, and its end the rest, so that the sum is that of the workload.
    /// The direction needs no listening socket: a living connection proves it.
    /// </summary>
    [Theory]
    [InlineData(ClientIpv4, ServerIpv4)]
    [InlineData(ClientIpv6, ServerIpv6)]
    public void Living_connection_is_counted_by_differences(string client, string server)
    {
        _source.Publish([.. _containers]);
        using var sampler = new Sampler(
            _source, _flows, _cgroups.Mounts(), new HostRoots(),
            _options with { Connections = new ConnectionOptions { Mode = ConnectionsMode.On, Interval = TimeSpan.Zero, CpuPercent = 100 } }, _counters, NullLoggerFactory.Instance);
        sampler.RunCycle();
        Socket listener = _workload.Listen(server);
        string port = PortOf(listener);
        (Socket connected, Socket accepted) = _workload.Open(listener);
        listener.Close();
        var outgoing = new FlowTotals.Key(Client, "out", server, port);
        var incoming = new FlowTotals.Key(Server, "in", client, port);
        for (int i = 1; i <= 4; i++)
        {
            _workload.Transfer(connected, accepted, Sent);
            _workload.Transfer(accepted, connected, Answered);
            Eventually.True(
                () =>
                {
                    // A dump is added at the end of one cycle and reported in the next.
                    sampler.RunCycle();
                    return _flows[outgoing, Reading.FlowBytesSent] == (i * Sent) + 1 && _flows[incoming, Reading.FlowBytesSent] == i * Answered;
                },
                "the acknowledged bytes");
            Assert.Equal(i * Answered, _flows[outgoing, Reading.FlowBytesReceived]);
            Assert.Equal(i * Sent, _flows[incoming, Reading.FlowBytesReceived]);
        }

        Assert.Equal(0, _flows.Sum(Client, Reading.FlowConnectionsClosed));
        _workload.Transfer(connected, accepted, 10);
        connected.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, accepted.Receive(new byte[1]));
        accepted.Close();
        Assert.Equal(0, connected.Receive(new byte[1]));
        connected.Close();
        WaitForClosed(sampler, Client, 1);
        WaitForClosed(sampler, Server, 1);
        Assert.Equal(new HashSet<FlowTotals.Key> { outgoing, incoming }, [.. _flows.Points.Keys]);
        Assert.Equal(((4 * Sent) + 10 + 2, (4 * Answered) + 1), (_flows[outgoing, Reading.FlowBytesSent], _flows[outgoing, Reading.FlowBytesReceived]));
        Assert.Equal(((4 * Answered) + 1, (4 * Sent) + 10 + 1), (_flows[incoming, Reading.FlowBytesSent], _flows[incoming, Reading.FlowBytesReceived]));
        Assert.Equal(0, _counters[AgentCounter.FlowErrors]);
    }

    /// <summary>The kernel gives the number of a destroyed namespace to the next one.</summary>
    [Fact]
    public void Connections_are_of_own_container_if_number_is_used_again()
    {
        Socket listener = _workload.Listen(ServerIpv4);
        using Sampler sampler = NewSampler();
        sampler.RunCycle();
        _workload.Connect(listener, 2, Sent, Answered);
        WaitForClosed(sampler, Server, 2);
        for (int i = 3; i < 6; i++)
        {
            NamespaceProcess process = Make();
            using var workload = new FlowWorkload(Make(), process);
            Socket next = workload.Listen(ServerIpv4);
            _source.Publish([.. _containers]);
            sampler.RunCycle();
            workload.Connect(next, i, 10 * i, 0);
            WaitForClosed(sampler, _containers[^2].Key, i);
            WaitForClosed(sampler, _containers[^1].Key, i);
            Assert.Equal(i * ((10 * i) + 1), _flows.Sum(_containers[^2].Key, Reading.FlowBytesReceived));
            Assert.Equal(i * ((10 * i) + 2), _flows.Sum(_containers[^1].Key, Reading.FlowBytesSent));
            process.Kill();
            workload.Client.Kill();
            _containers.RemoveRange(2, 2);
            _source.Publish([.. _containers]);
            sampler.RunCycle();
        }

        Assert.Equal(2, _flows.Sum(Server, Reading.FlowConnectionsClosed));
    }

    /// <summary>A container that lives for less than an interval is not lost.</summary>
    [Fact]
    public void Exit_has_totals_and_points_since_last_sample()
    {
        using Sampler sampler = NewSampler();
        sampler.RunCycle();
        NamespaceProcess process = Make();

        // The host's end names it, as in any container that a runtime has connected.
        process.Connect();
        _source.Publish([.. _containers]);
        sampler.RunBetweenCycles(long.MaxValue);
        using var listener = new TcpListener(IPAddress.Parse($"10.231.{process.Network}.1"), 0);
        listener.Start();
        for (int i = 0; i < 7; i++)
        {
            NamespaceThread.Run(process.Pid, () =>
            {
                using var client = new TcpClient();
                client.Connect((IPEndPoint)listener.LocalEndpoint);
                listener.AcceptTcpClient().Dispose();
                Assert.Equal(0, client.Client.Receive(new byte[1]));
            });
        }

        Eventually.True(() => _counters[AgentCounter.FlowsReceived] >= 14, "both ends to be reported");
        EndContainers(sampler);
        Assert.Equal((7, 0), (_flows.Exits[3].Readings[Reading.ExitConnectionsClosed], _flows.Exits[3].Readings[Reading.ExitRetransSegs]));
        Assert.Equal(7, _flows[new FlowTotals.Key(3, "out", $"10.231.{process.Network}.1", $"{((IPEndPoint)listener.LocalEndpoint).Port}"), Reading.FlowConnectionsClosed]);
        sampler.RunCycle();
        sampler.RunCycle();
        Assert.Equal(7, _flows.Sum(3, Reading.FlowConnectionsClosed));

        // It may have had connections before the agent started.
        Assert.False(_flows.Exits[Client].Readings.Has(Reading.ExitConnectionsClosed) || _flows.Exits[Client].Readings.Has(Reading.ExitRetransSegs));
    }

    [Fact]
    public void Steady_cycle_allocates_nothing()
    {
        Socket[] listeners = [.. Enumerable.Range(0, 3).Select(_ => _workload.Listen(ServerIpv4))];
        _source.Publish([.. _containers]);
        using var sampler = new Sampler(_source, new SilentConsumer(), _cgroups.Mounts(), new HostRoots(), _options with { Flows = _options.Flows with { Top = 1 } }, _counters, NullLoggerFactory.Instance);
        sampler.RunCycle();
        long least = long.MaxValue;
        for (int i = 0; i < 12; i++)
        {
            long closed = _counters[AgentCounter.FlowsReceived];
            foreach (Socket listener in listeners) _workload.Connect(listener, 1, 100, 100);
            Eventually.True(() => _counters[AgentCounter.FlowsReceived] >= closed + 6, "the connections to be reported");
            long before = GC.GetAllocatedBytesForCurrentThread();
            sampler.RunCycle();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private NamespaceProcess Make()
    {
        long key = ++_made;
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess($"c{key}");
        _containers.Add(new Container(key, new ContainerIdentity(ContainerRuntime.Cgroup, path, $"c{key}"), path, process.Directory));
        return process;
    }

    private Sampler NewSampler(FlowOptions? flows = null)
    {
        _source.Publish([.. _containers]);
        return new Sampler(_source, _flows, _cgroups.Mounts(), new HostRoots(), _options with { Flows = flows ?? _options.Flows }, _counters, NullLoggerFactory.Instance);
    }

    private void EndContainers(Sampler sampler)
    {
        foreach (Container container in _containers) _source.Enqueue(new ContainerExit(container, SystemClock.RealtimeNs(), WatchTexts.None, 77, 0, null, IsFinal: false));
        Eventually.True(
            () =>
            {
                sampler.RunBetweenCycles(long.MaxValue);
                return _flows.Exits.Count == _containers.Count;
            },
            "the exits");
    }

    private void WaitForClosed(Sampler sampler, long container, int count) => Eventually.True(
        () =>
        {
            sampler.RunCycle();
            return _flows.Sum(container, Reading.FlowConnectionsClosed) >= count;
        },
        $"{count} closed connections of container {container}, not {_flows.Sum(container, Reading.FlowConnectionsClosed)}");
}
