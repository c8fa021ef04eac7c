using System.Net;
using System.Net.Sockets;

namespace NsCollector.LinuxTests.Sample.Flows;

/// <summary>Connections between two network namespaces, joined by a veth pair, with known payloads.</summary>
internal sealed class FlowWorkload : IDisposable
{
    internal const string ClientIpv4 = "10.232.1.1", ServerIpv4 = "10.232.1.2", ClientIpv6 = "fd00:232::1", ServerIpv6 = "fd00:232::2";

    private readonly byte[] _buffer = new byte[65_536];
    private readonly List<Socket> _listeners = [];

    internal FlowWorkload(NamespaceProcess client, NamespaceProcess server)
    {
        Client = client;
        Server = server;
        client.Run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", $"{server.Pid}");
        Configure(client, "v0", ClientIpv4, ClientIpv6);
        Configure(server, "v1", ServerIpv4, ServerIpv6);
        Eventually.True(() => server.Run("ip", "link", "show", "dev", "v1").Contains("state UP", StringComparison.Ordinal), "the pair to be up");
    }

    internal NamespaceProcess Client { get; }

    internal NamespaceProcess Server { get; }

    /// <summary>Listens in the server's namespace on a free port.</summary>
    internal Socket Listen(string address)
    {
        Socket? listener = null;
        NamespaceThread.Run(Server.Pid, () =>
        {
            IPAddress local = IPAddress.Parse(address);
            listener = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(local, 0));
            listener.Listen(64);
        });
        _listeners.Add(listener!);
        return listener!;
    }

    internal static string PortOf(Socket listener) => $"{((IPEndPoint)listener.LocalEndPoint!).Port}";

    /// <summary>Makes connections one after the other. In each, the client sends and closes its half, then the server answers and closes.</summary>
    internal void Connect(Socket listener, int count, int sent, int answered)
    {
        NamespaceThread.Run(Client.Pid, () =>
        {
            for (int i = 0; i < count; i++)
            {
                using Socket client = new(listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                if (listener.AddressFamily == AddressFamily.InterNetworkV6) client.DualMode = true;
                client.Connect(listener.LocalEndPoint!);
                using Socket server = listener.Accept();
                Transfer(client, server, sent);
                client.Shutdown(SocketShutdown.Send);
                Assert.Equal(0, server.Receive(_buffer));
                Transfer(server, client, answered);
                server.Close();
                Assert.Equal(0, client.Receive(_buffer));
            }
        });
    }

    /// <summary>A connection that stays open.</summary>
    internal (Socket Connected, Socket Accepted) Open(Socket listener)
    {
        Socket client = null!, server = null!;
        NamespaceThread.Run(Client.Pid, () =>
        {
            client = new Socket(listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.LocalEndPoint!);
            server = listener.Accept();
        });
        return (client, server);
    }

    public void Dispose()
    {
        foreach (Socket listener in _listeners) listener.Dispose();
    }

    /// <summary>Sends so many bytes and receives them.</summary>
    internal void Transfer(Socket from, Socket to, int bytes)
    {
        for (int left = bytes; left > 0;)
        {
            int part = from.Send(_buffer, 0, Math.Min(left, 8192), SocketFlags.None);
            left -= part;
            for (int due = part; due > 0;) due -= to.Receive(_buffer, 0, due, SocketFlags.None);
        }
    }

    private static void Configure(NamespaceProcess process, string name, string ipv4, string ipv6)
    {
        process.Run("ip", "addr", "add", ipv4 + "/24", "dev", name);
        process.Run("ip", "addr", "add", ipv6 + "/64", "dev", name, "nodad");
        process.Run("ip", "link", "set", "lo", "up");
        process.Run("ip", "link", "set", name, "up");
    }
}
