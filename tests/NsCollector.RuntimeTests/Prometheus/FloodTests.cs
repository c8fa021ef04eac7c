using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>Clients that flood a listener of a running agent: the agent goes on sampling in its bounds, and answers others again.</summary>
[Collection(AloneCollection.Name)]
public sealed class FloodTests
{
    private const int Connections = 10_000, MaxConnections = 64;

    [RequiresExecutableFact]
    public void Ten_thousand_connections_to_the_page_leave_the_cycles_unharmed()
    {
        int port = ServerProcess.FreePort();
        Flood("http", $"127.0.0.1:{port}", new IPEndPoint(IPAddress.Loopback, port), $"http://127.0.0.1:{port}/metrics");
    }

    [RequiresExecutableFact]
    public void Ten_thousand_connections_to_the_Docker_API_leave_the_cycles_unharmed()
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-flood-").FullName, path = Path.Combine(directory, "docker.sock");
        try
        {
            Flood("docker_api", $"unix:{path}", new UnixDomainSocketEndPoint(path), "--unix-socket", path, "http://localhost/containers/json");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Flood(string section, string listen, EndPoint address, params string[] request)
    {
        using var agent = new RunningAgent("agent:interval=250ms", $"{section}:listen={listen}", $"{section}:max_connections={MaxConnections}", "docker_api:max_streams=8");
        agent.AwaitCycles(4);
        Eventually.True(() => Status(request) == "200", "the first answer", () => agent.Log);
        ProcessResources before = agent.Resources;
        var open = new List<Socket>();
        int cycles = agent.Cycles.Length, highest = 0;
        var clock = Stopwatch.StartNew();
        try
        {
            for (int i = 0; i < Connections; i++)
            {
                ProtocolType protocol = address.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp;
                var socket = new Socket(address.AddressFamily, SocketType.Stream, protocol);
                open.Add(socket);
                socket.Connect(address);
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

        Eventually.True(() => Status(request) == "200", "an answer after the flood", () => agent.Log);
        agent.Stop();
    }

    private static string Status(string[] request) => Command.Try("curl", ["-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", .. request]).Output.Trim();
}
