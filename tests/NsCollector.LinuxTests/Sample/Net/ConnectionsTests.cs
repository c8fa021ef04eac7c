using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NsCollector.Catalogue;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Connections;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: the figures of sockets are those that ss(8) shows in the namespace, and those that the test has made.</summary>
[Collection(NamespaceTests.Name)]
public sealed partial class ConnectionsTests : IDisposable
{
    private const NativeShim.SocketDumps Full = NativeShim.SocketDumps.Tcp | NativeShim.SocketDumps.Udp;

    private static readonly SampleOptions Options = new() { Network = NetworkMode.Visit };

    private static readonly (Reading Reading, string Name)[] States =
    [
        (Reading.ConnectionsEstablished, "ESTAB"), (Reading.ConnectionsSynSent, "SYN-SENT"), (Reading.ConnectionsSynRecv, "SYN-RECV"),
        (Reading.ConnectionsFinWait1, "FIN-WAIT-1"), (Reading.ConnectionsFinWait2, "FIN-WAIT-2"), (Reading.ConnectionsTimeWait, "TIME-WAIT"),
        (Reading.ConnectionsClose, "UNCONN"), (Reading.ConnectionsCloseWait, "CLOSE-WAIT"), (Reading.ConnectionsLastAck, "LAST-ACK"),
        (Reading.ConnectionsClosing, "CLOSING"), (Reading.ConnectionsListen, "LISTEN"),
    ];

    private readonly NamespaceProcess _process = NamespaceProcess.Start();
    private readonly TestVisitor _visitor = new(Options);
    private readonly List<Socket> _open = [];

    public ConnectionsTests() => _process.Run("ip", "link", "set", "lo", "up");

    public void Dispose()
    {
        foreach (Socket socket in _open) socket.Dispose();
        _visitor.Dispose();
        _process.Dispose();
    }

    [Fact]
    public void Empty_namespace_has_zeros_and_no_round_trip_times()
    {
        ReadingSet readings = Read(Full);
        Assert.All(States, state => Assert.Equal(0, readings[state.Reading]));
        Assert.Equal(0, readings[Reading.ConnectionsUdpSockets]);
        Assert.False(readings.Has(Reading.ConnectionsRttMinUs) || readings.Has(Reading.ConnectionsAcceptQueuePercentMax));
    }

    [Fact]
    public void Listeners_alone_have_accept_queue_of_kernel()
    {
        InNamespace(() =>
        {
            Socket full = Listen(AddressFamily.InterNetwork, 9);
            for (int i = 0; i < 10; i++) Connect(full);
            Socket half = Listen(AddressFamily.InterNetworkV6, 8);
            for (int i = 0; i < 4; i++) Connect(half);
        });

        ReadingSet readings = Read(NativeShim.SocketDumps.Listeners);
        Assert.Equal(2, readings[Reading.ConnectionsListen]);
        Assert.Equal(1, readings[Reading.ConnectionsIpv6Listen]);
        Assert.Equal(14, readings[Reading.ConnectionsAcceptQueue]);
        Assert.Equal(17, readings[Reading.ConnectionsAcceptQueueLimit]);
        Assert.Equal(111, readings[Reading.ConnectionsAcceptQueuePercentMax]);
        Assert.Equal(1, readings[Reading.ConnectionsListenersNearlyFull]);
        Assert.False(readings.Has(Reading.ConnectionsEstablished) || readings.Has(Reading.ConnectionsAgeNs));
    }

    [Fact]
    public void Full_dump_equals_ss_and_what_was_made()
    {
        byte[] bytes = new byte[1000];
        InNamespace(() =>
        {
            // Established, with bytes that nobody reads.
            Socket listener = Listen(AddressFamily.InterNetwork, 64);
            for (int i = 0; i < 3; i++)
            {
                Socket client = Connect(listener);
                Keep(listener.Accept());
                client.Send(bytes);
            }

            // Over IPv6.
            Socket other = Listen(AddressFamily.InterNetworkV6, 64);
            for (int i = 0; i < 2; i++)
            {
                Connect(other);
                Keep(other.Accept());
            }

            // The server's ends are in CLOSE_WAIT, the clients' in FIN_WAIT_2.
            for (int i = 0; i < 4; i++)
            {
                Socket client = Connect(listener);
                Keep(listener.Accept());
                client.Shutdown(SocketShutdown.Send);
            }

            // Closed by both: TIME_WAIT.
            for (int i = 0; i < 5; i++)
            {
                Socket client = Connect(listener);
                Socket server = listener.Accept();
                client.Close();
                server.Close();
            }

            Socket receiver = Keep(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Socket sender = Keep(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            for (int i = 0; i < 6; i++) sender.SendTo(bytes, receiver.LocalEndPoint!);
            Keep(new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp)).Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        });

        // A peer that drops: the other end of the pair is not the owner of this address.
        _process.Run("ip", "link", "add", "d0", "type", "veth", "peer", "name", "d1");
        _process.Run("ip", "link", "set", "d1", "up");
        _process.Run("ip", "link", "set", "d0", "up");
        _process.Run("ip", "addr", "add", "10.99.0.1/24", "dev", "d0");
        _process.Run("ip", "neigh", "add", "10.99.0.2", "lladdr", "02:00:00:00:00:01", "dev", "d0", "nud", "permanent");
        InNamespace(() =>
        {
            for (int i = 0; i < 2; i++)
            {
                Socket socket = Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
                Assert.Throws<SocketException>(() => socket.Connect(new IPEndPoint(IPAddress.Parse("10.99.0.2"), 80)));
            }
        });

        Eventually.True(() => Read(Full)[Reading.ConnectionsRetransmitting] == 2, "both SYN to be sent again");
        ReadingSet readings = Read(Full);
        (string[] tcp, string[] tcp6) = (Ss("-4"), Ss("-6"));
        foreach ((Reading reading, string state) in States)
        {
            Reading ipv6 = reading == Reading.ConnectionsListen ? Reading.ConnectionsIpv6Listen
                : reading + (Reading.ConnectionsIpv6Established - Reading.ConnectionsEstablished);
            Assert.Equal($"{state} {Count(tcp, state) + Count(tcp6, state)} {Count(tcp6, state)}", $"{state} {readings[reading]} {readings[ipv6]}");
        }

        long[] made = [10, 2, 4, 4, 5, 2, 4];
        long[] shown =
        [
            readings[Reading.ConnectionsEstablished], readings[Reading.ConnectionsSynSent], readings[Reading.ConnectionsCloseWait],
            readings[Reading.ConnectionsFinWait2], readings[Reading.ConnectionsTimeWait], readings[Reading.ConnectionsListen],
            readings[Reading.ConnectionsIpv6Established],
        ];
        Assert.Equal(made, shown);
        Assert.Equal(0, readings[Reading.ConnectionsCut]);
        AssertQueues(readings, [.. tcp, .. tcp6]);
        AssertRoundTripTimes(readings, [.. tcp, .. tcp6]);
        AssertUdp(readings);
        Assert.Equal(0, _visitor.Counters[AgentCounter.ConnectionErrors]);
    }

    [Fact]
    public void Retransmitting_sockets_are_those_whose_timer_ss_shows()
    {
        _process.Run("nft", "add table inet t; add chain inet t in { type filter hook input priority 0; }");
        InNamespace(() =>
        {
            Socket listener = Listen(AddressFamily.InterNetwork, 8);
            Socket[] clients = [.. Enumerable.Range(0, 4).Select(_ => Connect(listener))];
            _process.Run("nft", $"add rule inet t in tcp dport {((IPEndPoint)listener.LocalEndPoint!).Port} drop");
            foreach (Socket client in clients[..3]) client.Send(new byte[100]);
        });

        Eventually.True(() => Read(Full)[Reading.ConnectionsRetransmitting] >= 3, "the bytes to be sent again");
        string[] shown = [.. Ss("-4").Where(line => RetransmitTimer().IsMatch(line))];
        Assert.All(shown, line => Assert.StartsWith("ESTAB ", line, StringComparison.Ordinal));
        Assert.Equal((3, 3L), (shown.Length, Read(Full)[Reading.ConnectionsRetransmitting]));
    }

    [Fact]
    public void More_sockets_than_limit_are_cut_and_counted()
    {
        const int Sockets = 3000, Limit = 500;
        InNamespace(() =>
        {
            Socket listener = Listen(AddressFamily.InterNetwork, 10);
            for (int i = 0; i < Sockets / 2; i++)
            {
                Connect(listener);
                Keep(listener.Accept());
            }
        });

        using var cut = new TestVisitor(Options with { Connections = new ConnectionOptions { MaxSockets = Limit } });
        ReadingSet readings = Read(Full, cut);
        Assert.Equal(1, readings[Reading.ConnectionsCut]);
        Assert.Equal(Limit - 1, readings[Reading.ConnectionsEstablished]);
        Assert.Equal(1, readings[Reading.ConnectionsListen]);
        Assert.False(readings.Has(Reading.ConnectionsUdpSockets));
        Assert.Equal(1, cut.Counters[AgentCounter.ConnectionsCut]);

        ReadingSet whole = Read(Full);
        Assert.Equal((0L, (long)Sockets), (whole[Reading.ConnectionsCut], whole[Reading.ConnectionsEstablished]));
        Assert.True(whole.Has(Reading.ConnectionsUdpSockets));
        Assert.Equal(0, _visitor.Counters[AgentCounter.ConnectionsCut]);
    }

    [Fact]
    public void More_listeners_than_limit_are_cut_too()
    {
        InNamespace(() =>
        {
            for (int i = 0; i < 3; i++) Listen(AddressFamily.InterNetwork, 10);
        });

        using var cut = new TestVisitor(Options with { Connections = new ConnectionOptions { MaxSockets = 2 } });
        ReadingSet readings = Read(NativeShim.SocketDumps.Listeners, cut);
        Assert.Equal((2L, 1L), (readings[Reading.ConnectionsListen], readings[Reading.ConnectionsCut]));
        readings = Read(NativeShim.SocketDumps.Listeners);
        Assert.Equal((3L, 0L), (readings[Reading.ConnectionsListen], readings[Reading.ConnectionsCut]));
    }

    [Fact]
    public void Figures_of_one_namespace_have_no_socket_of_another()
    {
        using NamespaceProcess other = NamespaceProcess.Start();
        other.Run("ip", "link", "set", "lo", "up");
        InNamespace(() => Listen(AddressFamily.InterNetwork, 10));
        NamespaceThread.Run(other.Pid, () => Connect(Listen(AddressFamily.InterNetwork, 10)));

        ReadingSet here = Read(Full);
        Assert.Equal((1L, 0L), (here[Reading.ConnectionsListen], here[Reading.ConnectionsEstablished]));
        ReadingSet there = Read(Full, _visitor, other);
        Assert.Equal((1L, 2L), (there[Reading.ConnectionsListen], there[Reading.ConnectionsEstablished]));
    }

    [Fact]
    public void Mode_proc_has_none()
    {
        using var visitor = new TestVisitor(new SampleOptions { Network = NetworkMode.Proc });
        NetworkTarget target = TestVisitor.TargetOf(_process.Directory);
        target.Connections = new ContainerConnections(0) { Turn = { Wanted = Full } };
        visitor.Visitor.Visit([target], 1);
        target.Connections.Publish(target.Sample!, 0);
        Assert.Equal(NetworkVisitResult.Read, target.Result);
        Assert.Null(target.Sample!.Connections);
    }

    [Fact]
    public void Steady_reading_allocates_nothing()
    {
        InNamespace(() => Connect(Listen(AddressFamily.InterNetwork, 10)));
        using var visitor = new TestVisitor(Options with { TcpDetail = true });
        NetworkTarget target = TestVisitor.TargetOf(_process.Directory);
        target.Connections = new ContainerConnections(0) { Turn = { Wanted = Full } };
        NetworkTarget[] targets = [target];
        for (int i = 0; i < 5; i++) Visit(i);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 5; i < 50; i++) Visit(i);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2, target.Sample!.Connections![Reading.ConnectionsEstablished]);
        Assert.False(target.Sample.TcpDetail!.IsEmpty);

        void Visit(int now)
        {
            visitor.Visitor.Visit(targets, 1);
            target.Connections!.Publish(target.Sample!, now);
        }
    }

    private ReadingSet Read(NativeShim.SocketDumps wanted, TestVisitor? visitor = null, NamespaceProcess? process = null)
    {
        NetworkTarget target = TestVisitor.TargetOf((process ?? _process).Directory);
        target.Connections = new ContainerConnections(0) { Turn = { Wanted = wanted } };
        (visitor ?? _visitor).Visitor.Visit([target], 1);
        Assert.Equal(NetworkVisitResult.Read, target.Result);
        target.Connections.Publish(target.Sample!, long.MaxValue);
        return target.Sample!.Connections!;
    }

    private void InNamespace(Action action) => NamespaceThread.Run(_process.Pid, action);

    private Socket Keep(Socket socket)
    {
        _open.Add(socket);
        return socket;
    }

    private Socket Listen(AddressFamily family, int backlog)
    {
        Socket listener = Keep(new Socket(family, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0));
        listener.Listen(backlog);
        return listener;
    }

    private Socket Connect(Socket listener)
    {
        Socket client = Keep(new Socket(listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        client.Connect(listener.LocalEndPoint!);
        return client;
    }

    // Its columns are the state, the receive and the send queue, and the addresses.
    private string[] Ss(string family, string protocol = "-t") =>
        _process.Run("ss", "-Hanoi" + protocol[1..], family, "-O").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static int Count(string[] lines, string state) => lines.Count(line => line.StartsWith(state + " ", StringComparison.Ordinal));

    private static long[] Columns(string line) =>
        [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..3].Select(number => long.Parse(number, CultureInfo.InvariantCulture))];

    private static void AssertQueues(ReadingSet readings, string[] lines)
    {
        long[][] queues = [.. lines.Where(line => !line.StartsWith("LISTEN ", StringComparison.Ordinal)).Select(Columns)];
        Assert.True(queues.Sum(queue => queue[0]) >= 3000, "The bytes did not arrive, so the comparison proves nothing.");
        Assert.Equal(queues.Sum(queue => queue[0]), readings[Reading.ConnectionsReceiveQueueBytes]);
        Assert.Equal(queues.Sum(queue => queue[1]), readings[Reading.ConnectionsSendQueueBytes]);
    }

    private static void AssertRoundTripTimes(ReadingSet readings, string[] lines)
    {
        double[] times = [.. lines.Where(line => line.StartsWith("ESTAB ", StringComparison.Ordinal))
            .Select(line => 1000 * double.Parse(RoundTripTime().Match(line).Groups[1].Value, CultureInfo.InvariantCulture)).Order()];
        Assert.Equal(10, times.Length);
        Assert.Equal(times[0], readings[Reading.ConnectionsRttMinUs], 1.0);
        AssertNear(times[4], readings[Reading.ConnectionsRttMedianUs]);
        AssertNear(times[9], readings[Reading.ConnectionsRttP95Us]);
    }

    private static void AssertNear(double expected, long shown) => Assert.InRange(shown, (expected * 0.992) - 1, (expected * 1.008) + 1);

    private void AssertUdp(ReadingSet readings)
    {
        string[] lines = [.. Ss("-4", "-u"), .. Ss("-6", "-u")];
        Assert.Equal((3L, 1L), (readings[Reading.ConnectionsUdpSockets], readings[Reading.ConnectionsUdpIpv6Sockets]));
        Assert.Equal(3, lines.Length);
        long[][] queues = [.. lines.Select(Columns)];
        Assert.True(queues.Sum(queue => queue[0]) >= 6000);
        Assert.Equal(queues.Sum(queue => queue[0]), readings[Reading.ConnectionsUdpReceiveQueueBytes]);
        Assert.Equal(queues.Sum(queue => queue[1]), readings[Reading.ConnectionsUdpSendQueueBytes]);
        Assert.Equal((0L, 0L), (readings[Reading.ConnectionsUdpDrops], readings[Reading.ConnectionsUdpIpv6Drops]));
    }

    // The timer, the time left and the number of retransmissions.
    [GeneratedRegex(@"timer:\(on,[^,]*,[1-9]")]
    private static partial Regex RetransmitTimer();

    [GeneratedRegex(@" rtt:([0-9.]+)/")]
    private static partial Regex RoundTripTime();
}
