using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace NsCollector.PackageTests.Kubernetes;

/// <summary>
/// What the agent in a container with the rights of the DaemonSet reports of other containers, compared with the kernel's values.
/// All tests use the same agents, which run meanwhile.
/// </summary>
[Collection("podman")]
public sealed class DaemonSetValuesTests(DaemonSetAgents agents) : IClassFixture<DaemonSetAgents>, IDisposable
{
    private const long Mib = 1 << 20;
    private const string Address = "http://127.0.0.1:9469";

    private static readonly string[] Authorized = ["--silent", "--fail", "--header", $"Authorization: Bearer {PodVolumes.ScrapeToken}"];

    private readonly TestCgroups _cgroups = new();

    public void Dispose() => _cgroups.Dispose();

    [PodmanFact]
    public void Limits_of_the_cgroup_above_a_container_are_effective()
    {
        const string Cpu = "/sys/fs/cgroup/cpu", Memory = "/sys/fs/cgroup/memory";
        _cgroups.Make("");
        File.WriteAllText($"{Memory}{_cgroups.Parent}/memory.limit_in_bytes", $"{256 * Mib}");
        File.WriteAllText($"{Cpu}{_cgroups.Parent}/cpu.cfs_quota_us", "50000");
        var process = NamespaceProcess.StartWithInput("sh", "-c", "read go; x=$(head -c 33554432 /dev/zero | tr '\\0' x); read go; echo $x");
        string path = _cgroups.MakeWithProcess("limited", process);
        process.Continue();
        Point memory = Awaited(agents.AsStated, path, point => point.Measurement == "container_memory" && point.Has("usage_percent") && point.Float("usage_percent") > 12);
        Assert.False(memory.Has("limit_bytes"));
        Assert.Equal(256 * Mib, memory.Integer("effective_limit_bytes"));
        Assert.Equal(100.0 * memory.Integer("working_set_bytes") / (256 * Mib), memory.Float("usage_percent"), 6);
        Point cpu = Awaited(agents.AsStated, path, point => point.Measurement == "container_cpu");
        Assert.False(cpu.Has("limit_cores"));
        Assert.Equal(0.5, cpu.Float("effective_limit_cores"));
        Assert.Equal(process.Pid, Awaited(agents.AsStated, path, point => point.Measurement == "container_info").Integer("pid"));
    }

    [PodmanFact]
    public void Exit_counts_an_inner_bridge_and_its_veth_pairs_once()
    {
        var outer = NamespaceProcess.Start();
        using NamespaceProcess inner = NamespaceProcess.Start();
        using var mount = new NamespaceMount(outer, $"/run/netns/nsctest{outer.Pid}");
        outer.Connect();
        outer.Run("sh", "-c", $"""
            ip link add docker0 type bridge
            ip link add veth1 master docker0 type veth peer name eth0 netns {inner.Pid}
            ip link set docker0 up; ip link set veth1 up; ip addr add 10.77.0.1/24 dev docker0
            """);
        inner.Run("sh", "-c", "ip link set eth0 up; ip addr add 10.77.0.2/24 dev eth0");
        string path = _cgroups.MakeWithProcess("dind", outer);
        Awaited(agents.AsStated, path, point => point.Measurement == "container_tcp");
        for (int i = 0; i < 20; i++) inner.Run("bash", "-c", "printf %01000d 0 > /dev/udp/10.77.0.1/9");
        outer.Send(5);
        (long Rx, long Tx) inside = outer.Settled("eth0");
        Assert.True(inside.Tx > 5000 && outer.Counted("docker0").Rx > inside.Tx);
        outer.Kill();
        Assert.Equal((inside.Rx, inside.Tx, true), NetworkTotals(Exit(agents.AsStated, path)));
    }

    /// <summary>As CRI-O does: it removes a pod's network, and then ends the pod.</summary>
    [PodmanFact]
    public void Exit_without_its_interface_is_final_with_CAP_NET_BROADCAST_only()
    {
        AgentPod[] all = [agents.AsStated, agents.InHostNetwork, agents.HearingRemovals];
        var process = NamespaceProcess.Start();
        using var mount = new NamespaceMount(process, $"/run/netns/nsctest{process.Pid}");
        string host = process.Connect();
        process.Send(3);
        string path = _cgroups.MakeWithProcess("crio", process);
        foreach (AgentPod agent in all) Awaited(agent, path, point => point.Measurement == "container_network");
        process.Send(4);
        (long Rx, long Tx) inside = process.Settled("eth0");
        Command.Run("ip", "link", "delete", host);
        process.Kill();

        Assert.Equal((inside.Rx, inside.Tx, true), NetworkTotals(Exit(agents.HearingRemovals, path)));
        Assert.All([agents.AsStated, agents.InHostNetwork], agent =>
        {
            (long rx, long tx, bool isFinal) = NetworkTotals(Exit(agent, path));
            Assert.False(isFinal);
            Assert.InRange(rx, 1, inside.Rx);
            Assert.InRange(tx, 3000, inside.Tx);
        });
    }

    [PodmanFact]
    public void Peaks_and_the_host_are_read_by_several_threads()
    {
        var process = NamespaceProcess.StartWithInput("sh", "-c", "read go; timeout 0.4 sh -c 'while :; do :; done'; exec sleep infinity");
        string path = _cgroups.MakeWithProcess("burst", process);
        AgentPod agent = agents.Looking;
        Awaited(agent, path, point => point.Measurement == "container_cpu" && point.Has("usage_percent_max"));
        process.Continue();

        // The machine may be busy: the burst is higher than the average of its interval, whatever it gets.
        Awaited(agent, path, point => point.Measurement == "container_cpu" && point.Has("usage_percent_max") && point.Float("usage_percent_max") > 20 && point.Float("usage_percent_max") > 1.2 * point.Float("usage_percent"));
        Awaited(agent, path, point => point.Measurement == "container_memory" && point.Has("usage_bytes_max"));
        Assert.Contains(agent.Points, point => point.Measurement == "nscollector" && point.Has("sampling_threads") && point.Integer("sampling_threads") == 2);
        long totalBytes = 1024 * long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.All(agent.Points.Where(point => point.Measurement == "host_memory"), point => Assert.Equal(totalBytes, point.Integer("total_bytes")));
        Assert.All((string[])["host_cpu", "host_memory", "host_load", "host_vmstat", "host_disk"], name => Assert.Contains(agent.Points, point => point.Measurement == name));
    }

    [PodmanFact]
    public void Tcp_in_use_counts_connections_of_a_dual_stack_server()
    {
        const int Connections = 20;
        var process = NamespaceProcess.Start();
        process.Run("ip", "link", "set", "lo", "up");
        var open = new List<Socket>();
        NamespaceThread.Run(process.Pid, () =>
        {
            var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            open.Add(listener);
            listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
            listener.Listen(Connections);
            for (int i = 0; i < Connections; i++)
            {
                IPAddress address = i % 2 == 0 ? IPAddress.Loopback : IPAddress.IPv6Loopback;
                var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                client.Connect(new IPEndPoint(address, ((IPEndPoint)listener.LocalEndPoint!).Port));
                open.Add(client);
                open.Add(listener.Accept());
            }
        });
        string path = _cgroups.MakeWithProcess("server", process);
        Point tcp = Awaited(agents.AsStated, path, point => point.Measurement == "container_tcp");
        Assert.Equal((2 * Connections, (2 * Connections) + 1), (tcp.Integer("curr_estab"), tcp.Integer("in_use")));

        Point sockets = Awaited(agents.InHostNetwork, path, point => point.Measurement == "container_connections" && point.Has("established") && point.Integer("established") > 0);
        Assert.Equal((2 * Connections, Connections, 1), (sockets.Integer("established"), sockets.Integer("ipv6_established") - (Connections / 2), sockets.Integer("listen")));

        // The series of cAdvisor. IPv6 has the server's sockets, also those of clients with IPv4.
        string start = $"container_network_tcp6_usage_total{{id=\"{path}\",", end = $",tcp_state=\"established\"}} {Connections * 3 / 2}";
        Eventually.True(
            () => Page().Split('\n').Any(line => line.StartsWith(start, StringComparison.Ordinal) && line.EndsWith(end, StringComparison.Ordinal)),
            start + end, () => string.Join('\n', Page().Split('\n').Where(line => line.StartsWith("container_network_tcp6_usage", StringComparison.Ordinal))));
        open.ForEach(socket => socket.Dispose());
    }

    [PodmanFact]
    public void Flows_qdiscs_netfilter_and_conntrack_with_two_more_rights()
    {
        const int Requests = 5, RequestBytes = 1000, Refused = 4;
        var process = NamespaceProcess.Start();
        string host = process.Connect();
        process.Run("nft", "add table inet t; add chain inet t in { type filter hook input priority 0; }; add rule inet t in ct state new,established tcp dport 8080 counter comment \"web\"");
        process.Run("tc", "qdisc", "replace", "dev", "eth0", "root", "pfifo", "limit", "100");

        // All datagrams get the same source, so that only the first one has a connection of its own.
        process.Run("nft", "add table ip n; add chain ip n p { type nat hook postrouting priority 100; }; add rule ip n p udp dport 7000 snat to 127.0.0.1:5000");
        process.Run("bash", "-c", $"for i in $(seq {Refused + 1}); do echo x > /dev/udp/127.0.0.1/7000; done 2> /dev/null; true");
        string path = _cgroups.MakeWithProcess("visited", process);
        AgentPod agent = agents.Administering;
        Point network = Awaited(agent, path, point => point.Measurement == "container_network" && point.Has("host_interface"));
        Assert.Equal(host, network.Text("host_interface"));

        // The agent knows a listener from before the first connection, and so the direction.
        Socket listener = null!;
        NamespaceThread.Run(process.Pid, () =>
        {
            listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Any, 8080));
            listener.Listen(Requests);
        });
        using (listener)
        {
            Awaited(agent, path, point => point.Measurement == "container_connections" && point.Integer("listen") == 1);
            for (int i = 0; i < Requests; i++)
            {
                using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                client.Connect(IPAddress.Parse($"10.231.{process.Network}.2"), 8080);
                using Socket accepted = listener.Accept();
                client.Send(new byte[RequestBytes]);
                client.Shutdown(SocketShutdown.Send);
                byte[] received = new byte[RequestBytes + 1];
                for (int got = 0; got < RequestBytes;) got += accepted.Receive(received.AsSpan(got));
            }
        }

        // FIN counts as one byte (tcp_info.tcpi_bytes_received).
        Point[] Flows() => [.. Of(agent, path).Where(point => point.Measurement == "container_flow" && point.Has("connections_closed"))];
        Eventually.True(() => Flows().Sum(point => point.Integer("connections_closed")) >= Requests, "the closed connections", () => agent.Log);
        Assert.All(Flows(), point => Assert.Equal(("in", "8080"), (point.Tags["direction"], point.Tags["port"])));
        Assert.Equal((Requests, Requests * (RequestBytes + 1)), (Flows().Sum(point => point.Integer("connections_closed")), Flows().Sum(point => point.Integer("bytes_received"))));

        string[] words = process.Run("sh", "-c", "nft list chain inet t in | grep -o 'packets [0-9]* bytes [0-9]*'").Split(' ');
        Point rule = Awaited(agent, path, point => point.Measurement == "container_netfilter" && point.Tags["name"] == "web" && point.Integer("packets") == Number(words[1]));
        Assert.Equal(Number(words[3]), rule.Integer("bytes"));

        using JsonDocument qdiscs = JsonDocument.Parse(process.Run("tc", "-s", "-j", "qdisc", "show", "dev", "eth0"));
        JsonElement pfifo = qdiscs.RootElement.EnumerateArray().Single(one => one.GetProperty("kind").GetString() == "pfifo");
        Awaited(agent, path, point => point.Measurement == "container_qdisc" && point.Tags["side"] == "container" && point.Tags["kind"] == "pfifo" && point.Integer("bytes") == pfifo.GetProperty("bytes").GetInt64());

        Point conntrack = Awaited(agent, path, point => point.Measurement == "container_conntrack" && point.Has("insert_failed"));
        Assert.Equal((Refused, Refused, 0L), (conntrack.Integer("insert_failed"), conntrack.Integer("drop"), conntrack.Integer("early_drop")));
        Assert.DoesNotContain("CAP_NET", agent.Log, StringComparison.Ordinal);
    }

    [PodmanFact]
    public void Init_process_and_start_are_those_of_an_agent_on_the_host()
    {
        string path = _cgroups.Make("init"), below = _cgroups.Make("init/payload/init.scope");
        for (int i = 0; i < 9; i++) _cgroups.MakeWithProcess("init", NamespaceProcess.StartOnHost());
        using var parent = NamespaceProcess.StartPidNamespace(out int init);
        _cgroups.Put(below, init);
        Point inside = Awaited(agents.AsStated, path, point => point.Measurement == "container_info" && point.Has("pid") && point.Integer("pid") == init);
        Point onHost = OnHost(path).Single(point => point.Measurement == "container_info");
        Assert.Equal((init, inside.Integer("started_at_ns")), (onHost.Integer("pid"), onHost.Integer("started_at_ns")));
    }

    [PodmanFact]
    public void Empty_cgroups_of_a_tenant_are_not_sampled()
    {
        int cycles = Cycles(agents.AsStated);
        Eventually.True(() => Cycles(agents.AsStated) > cycles + 2, "two cycles", () => agents.AsStated.Log);
        string[] ids = [.. agents.AsStated.Points.Where(point => point.Measurement == "container_info").Select(point => point.Text("container_id"))];
        Assert.Contains(DaemonSetAgents.TenantId, ids);
        Assert.DoesNotContain(ids, id => id.StartsWith(DaemonSetAgents.EmptyIds, StringComparison.Ordinal));
    }

    [PodmanFact]
    public void Interface_names_that_are_not_utf8_stay_distinct()
    {
        var process = NamespaceProcess.Start();
        process.Run("sh", "-c", @"ip link add ""$(printf 'a\377')"" type veth peer name ""$(printf 'a\376')""");
        string path = _cgroups.MakeWithProcess("names", process);
        Awaited(agents.AsStated, path, point => point.Measurement == "container_network");
        Assert.Equal(
            ["a%FE", "a%FF"],
            Of(agents.AsStated, path).Where(point => point.Measurement == "container_network").Select(point => point.Tags["interface"]).Distinct().Order(StringComparer.Ordinal));
    }

    [PodmanFact]
    public void Exit_counts_bytes_through_a_loop_device_once()
    {
        const int Blocks = 12;
        string directory = Directory.CreateDirectory($"/var/tmp/nsctest{Environment.ProcessId}").FullName;
        string? loop = null;
        try
        {
            Command.Run("dd", "if=/dev/urandom", $"of={directory}/image", "bs=1M", $"count={Blocks}", "conv=fsync", "status=none");
            loop = Command.Run("losetup", "--direct-io=on", "--find", "--show", $"{directory}/image");
            string path = _cgroups.Make("loop");

            // v1 counts a device once a limit was set on it. These limit nothing.
            foreach (string number in new[] { BlockDevice.Under("/var/tmp").MajorMinor, File.ReadAllText($"/sys/block/{Path.GetFileName(loop)}/dev").Trim() })
                File.WriteAllText($"/sys/fs/cgroup/blkio{path}/blkio.throttle.read_bps_device", $"{number} 100000000000");
            var process = NamespaceProcess.StartWithInput("sh", "-c", $"""
                read go
                dd if={loop} of=/dev/null bs=1M count={Blocks} iflag=direct status=none
                dd if=/dev/zero of={loop} bs=1M count={Blocks} oflag=direct status=none
                read go
                """);
            _cgroups.MakeWithProcess("loop", process);
            process.Continue();
            Awaited(agents.AsStated, path, point => point.Measurement == "container_blkio" && point.Has("write_bytes") && point.Integer("write_bytes") >= Blocks * Mib);
            Assert.Contains(Path.GetFileName(loop), Of(agents.AsStated, path).Where(point => point.Measurement == "container_blkio").Select(point => point.Tags["device"]));
            process.Continue();
            Point exit = Exit(agents.AsStated, path);
            Assert.InRange(exit.Integer("write_bytes"), Blocks * Mib, (Blocks + 1) * Mib);
            Assert.InRange(exit.Integer("read_bytes"), Blocks * Mib, (Blocks + 1) * Mib);
        }
        finally
        {
            if (loop is not null) Command.Run("losetup", "--detach", loop);
            Directory.Delete(directory, recursive: true);
        }
    }

    [PodmanFact]
    public void Page_probes_and_both_apis_are_served()
    {
        AgentPod agent = agents.InHostNetwork;
        var process = NamespaceProcess.StartWithInput("sh", "-c", "read go; x=$(head -c 20971520 /dev/zero | tr '\\0' x); read go; echo $x");
        string path = _cgroups.MakeWithProcess("served", process);
        process.Continue();
        Awaited(agent, path, point => point.Measurement == "container_memory" && point.Integer("usage_bytes") > 20 * Mib);
        foreach (string probe in (string[])["/healthz", "/readyz"]) Assert.Equal("200", Command.Run("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", Address + probe));
        Assert.Equal("401", Command.Run("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", Address + "/metrics"));

        // The shell needs more memory while its variable grows.
        long kernel = 0;
        double shown = 0;
        Eventually.True(
            () =>
            {
                string line = Assert.Single(Page().Split('\n'), line => line.StartsWith($"container_memory_usage_bytes{{id=\"{path}\"", StringComparison.Ordinal));
                shown = double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture);
                kernel = long.Parse(File.ReadAllText($"/sys/fs/cgroup/memory{path}/memory.usage_in_bytes"), CultureInfo.InvariantCulture);
                return Math.Abs(shown - kernel) <= Mib;
            },
            "the kernel's usage on the page", () => $"{shown}, not {kernel}");

        using JsonDocument cadvisor = JsonDocument.Parse(Command.Run("curl", [.. Authorized, $"{Address}/api/v1.3/containers{path}"]));
        Assert.InRange(cadvisor.RootElement.GetProperty("stats").EnumerateArray().Last().GetProperty("memory").GetProperty("usage").GetInt64(), kernel - Mib, kernel + Mib);

        string socket = Path.Combine(agent.SpoolDirectory, DaemonSetAgents.DockerSocket);
        using JsonDocument docker = JsonDocument.Parse(Command.Run("curl", "--silent", "--fail", "--unix-socket", socket, "http://localhost/containers/json"));
        JsonElement served = Assert.Single(docker.RootElement.EnumerateArray(), one => one.GetProperty("Labels").TryGetProperty("nscollector.runtime", out _) && one.GetProperty("Names")[0].GetString()!.Contains("served", StringComparison.Ordinal));
        using JsonDocument stats = JsonDocument.Parse(Command.Run("curl", "--silent", "--fail", "--unix-socket", socket, $"http://localhost/containers/{served.GetProperty("Id").GetString()}/stats?stream=0"));
        Assert.InRange(stats.RootElement.GetProperty("memory_stats").GetProperty("usage").GetInt64(), kernel - Mib, kernel + Mib);
    }

    [PodmanFact]
    public void Variables_of_services_are_ignored_with_one_warning()
    {
        Assert.Contains(agents.AsStated.Points, point => point.Measurement == "nscollector" && point.Tags["host"] == AgentPod.Node);
        string warning = Assert.Single(agents.AsStated.Log.Split('\n'), line => line.Contains("ignored NSCOLLECTOR_", StringComparison.Ordinal));
        Assert.Contains(" and 4 more of the environment", warning, StringComparison.Ordinal);
        Assert.EndsWith("unless the pod has enableServiceLinks: false", warning, StringComparison.Ordinal);
    }

    // The id of a cgroup that no runtime made is its path.
    private static List<Point> Of(AgentPod agent, string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        return [.. agent.Points.Where(point => point.Container == name)];
    }

    private static Point Awaited(AgentPod agent, string path, Func<Point, bool> isWanted)
    {
        Point? found = null;
        Eventually.True(() => (found = Of(agent, path).LastOrDefault(isWanted)) is not null, $"a point of {path}", () => agent.Log);
        return found!;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static Point Exit(AgentPod agent, string path) => Awaited(agent, path, point => point.Measurement == "container_exit");

    private static (long Rx, long Tx, bool IsFinal) NetworkTotals(Point exit) => (exit.Integer("rx_bytes"), exit.Integer("tx_bytes"), exit.Boolean("network_final"));

    private static string Page() => Command.Run("curl", [.. Authorized, Address + "/metrics"]);

    private static int Cycles(AgentPod agent) => agent.Points.Count(point => point.Measurement == "nscollector" && point.Has("cycle_ns"));

    // The executable of which the image was made, on the host.
    private static List<Point> OnHost(string path) => StrictParser.ParseAll(
        Command.Run(
            Path.Combine(Repository.Root, "artifacts", "nscollector"),
            "sample", "--format", "influx", "--count", "1", "--interval", "200ms", "--set", $"discovery:cgroup_paths={path}", "--set", "filter:include=cgroup/*") + "\n");
}
