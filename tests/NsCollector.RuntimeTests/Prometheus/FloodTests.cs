using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>Clients that flood the page of a running agent: the agent goes on sampling in its bounds, and answers others again.</summary>
[Collection(AloneCollection.Name)]
public sealed class FloodTests
{
    private const int Connections = 10_000, MaxConnections = 64;

    private readonly int _port = ServerProcess.FreePort();

    [RequiresExecutableFact]
    public void Ten_thousand_connections_leave_the_cycles_unharmed()
    {
        using var agent = new RunningAgent("agent:interval=250ms", $"http:listen=127.0.0.1:{_port}", $"http:max_connections={MaxConnections}");
        agent.AwaitCycles(4);
        Assert.Equal("200", Status());
        ProcessResources before = agent.Resources;
        var open = new List<Socket>();
        int cycles = agent.Cycles.Length, highest = 0;
        var clock = Stopwatch.StartNew();
        try
        {
            for (int i = 0; i < Connections; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                open.Add(socket);
                socket.Connect(IPAddress.Loopback, _port);
                if (i % 500 == 0) highest = Math.Max(highest, agent.Resources.Descriptors);
            }

            agent.AwaitCycles(8);
            double seconds = clock.Elapsed.TotalSeconds;
            Assert.True(agent.Cycles.Length - cycles >= seconds / 0.25 * 0.8, $"{agent.Cycles.Length - cycles} cycles in {seconds:F1} s");
            Assert.InRange(agent.Cycles[^1].Integer("http_connections_refused"), Connections - (2 * MaxConnections), Connections);
            Assert.InRange(highest, before.Descriptors, before.Descriptors + MaxConnections + 16);
            Assert.InRange(agent.Resources.AnonymousKib - before.AnonymousKib, long.MinValue, 24 << 10);
        }
        finally
        {
            foreach (Socket socket in open) socket.Dispose();
        }

        Eventually.True(() => Status() == "200", "the page after the flood", () => agent.Log);
        agent.Stop();
    }

    private string Status() => Command.Try("curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", $"http://127.0.0.1:{_port}/metrics").Output.Trim();
}
