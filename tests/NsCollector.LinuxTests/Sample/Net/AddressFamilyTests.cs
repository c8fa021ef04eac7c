using System.Net;
using System.Net.Sockets;
using NsCollector.Catalogue;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: a figure of TCP or UDP is that of IPv4 and IPv6 together, whichever sockets a program opens.</summary>
[Collection(NamespaceTests.Name)]
public sealed class AddressFamilyTests
{
    private const int IPPROTO_UDPLITE = 136;

    [Theory]
    [InlineData(NetworkMode.Visit, "AF_INET")]
    [InlineData(NetworkMode.Visit, "AF_INET6")]
    [InlineData(NetworkMode.Visit, "dual-stack")]
    [InlineData(NetworkMode.Proc, "AF_INET6")]
    [InlineData(NetworkMode.Proc, "dual-stack")]
    public void Tcp_in_use_counts_sockets_of_any_family(NetworkMode mode, string sockets)
    {
        const int Connections = 20;
        using NamespaceProcess process = StartWithLoopback();
        var open = new List<Socket>();
        NamespaceThread.Run(process.Pid, () =>
        {
            Socket listener = NewSocket(sockets, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(listener.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
            listener.Listen(64);
            open.Add(listener);
            int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
            for (int i = 0; i < Connections; i++)
            {
                Socket client = NewSocket(sockets, SocketType.Stream, ProtocolType.Tcp);
                client.Connect(new IPEndPoint(Loopback(sockets), port));
                open.Add(client);
                open.Add(listener.Accept());
            }
        });

        using var visitor = new TestVisitor(new SampleOptions { Network = mode });
        ContainerSample sample = visitor.Read(process.Directory);
        Assert.Equal(2 * Connections, sample.Protocols[Reading.TcpCurrEstab]);
        Assert.Equal((2 * Connections) + 1, sample.Protocols[Reading.TcpInUse]);
        Assert.Equal(0, visitor.Counters[AgentCounter.ReadErrors]);
        open.ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData("AF_INET", 500)]
    [InlineData("AF_INET6", 300)]
    [InlineData("dual-stack", 200)]
    public void Udp_figures_count_datagrams_of_any_family(string sockets, int datagrams)
    {
        using NamespaceProcess process = StartWithLoopback();
        using var visitor = new TestVisitor(new SampleOptions { Network = NetworkMode.Visit });
        ContainerSample before = visitor.Read(process.Directory);
        long inBefore = before.Protocols[Reading.UdpInDatagrams], outBefore = before.Protocols[Reading.UdpOutDatagrams], noPortsBefore = before.Protocols[Reading.UdpNoPorts];
        Socket? receiver = null, sender = null;
        NamespaceThread.Run(process.Pid, () =>
        {
            receiver = NewSocket(sockets, SocketType.Dgram, ProtocolType.Udp);
            sender = NewSocket(sockets, SocketType.Dgram, ProtocolType.Udp);
            receiver.Bind(new IPEndPoint(receiver.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
            var there = new IPEndPoint(Loopback(sockets), ((IPEndPoint)receiver.LocalEndPoint!).Port);
            byte[] buffer = new byte[10];
            for (int i = 0; i < datagrams; i++)
            {
                sender.SendTo([1], there);
                receiver.Receive(buffer);
            }

            for (int i = 0; i < 7; i++) sender.SendTo([1], new IPEndPoint(Loopback(sockets), 9));
        });

        ContainerSample sample = visitor.Read(process.Directory);
        Assert.Equal(2, sample.Protocols[Reading.UdpInUse]);
        Assert.Equal(datagrams, sample.Protocols[Reading.UdpInDatagrams] - inBefore);
        Assert.Equal(datagrams + 7, sample.Protocols[Reading.UdpOutDatagrams] - outBefore);
        Assert.Equal(7, sample.Protocols[Reading.UdpNoPorts] - noPortsBefore);
        receiver!.Dispose();
        sender!.Dispose();
    }

    /// <summary>UDP-Lite is a protocol of its own (RFC 3828), with lines of its own in the same files.</summary>
    [Fact]
    public void Udp_in_use_leaves_udplite_out()
    {
        using NamespaceProcess process = StartWithLoopback();
        Socket? lite = null;
        NamespaceThread.Run(process.Pid, () =>
        {
            lite = NamespaceThread.NewSocket(IPPROTO_UDPLITE);
            lite.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        });
        Assert.Equal(1, NetworkFiles.Sockstat(process.ReadProc("net/sockstat6"))["UDPLITE6.inuse"]);
        using var visitor = new TestVisitor(new SampleOptions { Network = NetworkMode.Visit });
        Assert.Equal(0, visitor.Read(process.Directory).Protocols[Reading.UdpInUse]);
        lite!.Dispose();
    }

    private static NamespaceProcess StartWithLoopback()
    {
        NamespaceProcess process = NamespaceProcess.Start();
        process.Run("ip", "link", "set", "lo", "up");
        return process;
    }

    private static Socket NewSocket(string sockets, SocketType type, ProtocolType protocol) => sockets switch
    {
        "AF_INET" => new(AddressFamily.InterNetwork, type, protocol),
        "AF_INET6" => new(AddressFamily.InterNetworkV6, type, protocol) { DualMode = false },
        _ => new(AddressFamily.InterNetworkV6, type, protocol) { DualMode = true },
    };

    // What a dual-stack socket gets over IPv4 it shows as a mapped address.
    private static IPAddress Loopback(string sockets) => sockets switch
    {
        "AF_INET" => IPAddress.Loopback,
        "AF_INET6" => IPAddress.IPv6Loopback,
        _ => IPAddress.Loopback.MapToIPv6(),
    };
}
