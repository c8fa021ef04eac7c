namespace NsCollector.RuntimeTests.Docker;

/// <summary>The network totals of exits, compared with what the kernel counted inside the container.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed class ExitNetworkTests(SecondDockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void Totals_with_an_inner_bridge_are_those_of_the_link_to_the_host()
    {
        using RunningAgent agent = Agent();
        using DockerContainer container = Engine.Start("end-inner-bridge", [], "exec sleep 1000");
        int pid = container.Pid;
        using var inner = new InnerNamespace();

        // As Docker in Docker, kind and LXD with Docker do.
        Inside(pid, "ip", "link", "add", "docker0", "type", "bridge");
        Inside(pid, "ip", "link", "add", "veth1", "master", "docker0", "type", "veth", "peer", "name", "eth0", "netns", $"{inner.Pid}");
        Inside(pid, "sh", "-c", "ip link set docker0 up; ip link set veth1 up; ip addr add 10.77.3.1/24 dev docker0");
        Inside(inner.Pid, "sh", "-c", "ip link set eth0 up; ip addr add 10.77.3.2/24 dev eth0");
        agent.AwaitCycles(2);
        Inside(inner.Pid, "bash", "-c", "for i in $(seq 500); do printf %01000d 0 > /dev/udp/10.77.3.1/9; done");
        agent.AwaitCycles(1);
        ProcessNetwork outside = ProcessNetwork.Read(pid, "eth0"), bridge = ProcessNetwork.Read(pid, "docker0");
        Assert.True(bridge.RxBytes > 500_000);
        Point exit = End(agent, container);
        AssertNear(outside, exit);
        Assert.True(exit.Boolean("network_final"));
    }

    [DockerFact]
    public void Totals_have_a_network_that_was_disconnected()
    {
        Engine.Docker("network", "create", "--driver", "bridge", "--subnet", "10.213.81.0/24", "--opt", "com.docker.network.bridge.name=nsctest3", "nsctest-gone");
        try
        {
            using RunningAgent agent = Agent();
            using DockerContainer container = Engine.Start("end-disconnected", [], "exec sleep 1000");
            int pid = container.Pid;
            Engine.Docker("network", "connect", "nsctest-gone", "end-disconnected");
            agent.AwaitCycles(2);
            Inside(pid, "bash", "-c", "for i in $(seq 300); do printf %01000d 0 > /dev/udp/10.213.81.1/9; done");
            ProcessNetwork gone = ProcessNetwork.Read(pid, "eth1");
            Assert.True(gone.TxBytes > 300_000);
            Engine.Docker("network", "disconnect", "nsctest-gone", "end-disconnected");
            agent.AwaitCycles(1);
            ProcessNetwork left = ProcessNetwork.Read(pid, "eth0");
            Point exit = End(agent, container);
            AssertNear(new ProcessNetwork(gone.RxBytes + left.RxBytes, 0, gone.TxBytes + left.TxBytes, 0), exit);
            Assert.True(exit.Boolean("network_final"));
        }
        finally
        {
            Engine.Docker("network", "rm", "nsctest-gone");
        }
    }

    [DockerTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Shared_namespace_is_reported_by_its_owner_only(bool isOwnerFirst)
    {
        using RunningAgent agent = Agent();
        string suffix = isOwnerFirst ? "1" : "2";
        using DockerContainer owner = Engine.Start("end-owner" + suffix, [], "exec sleep 1000");
        using DockerContainer member = Engine.Start("end-member" + suffix, ["--network", "container:end-owner" + suffix], "exec sleep 1000");
        int pid = owner.Pid;
        string gateway = owner.Inspect().GetProperty("NetworkSettings").GetProperty("Gateway").GetString()!;
        agent.AwaitCycles(2);
        Inside(pid, "bash", "-c", $"for i in $(seq 300); do printf %01000d 0 > /dev/udp/{gateway}/9; done");
        ProcessNetwork counted = ProcessNetwork.Read(pid, "eth0");
        Point? first = isOwnerFirst ? End(agent, owner) : null;
        if (isOwnerFirst) agent.AwaitCycles(2);
        Point members = End(agent, member);
        Assert.False(members.Has("rx_bytes") || members.Has("tx_bytes") || members.Has("network_final"));
        Point owners = first ?? End(agent, owner);
        AssertNear(counted, owners);

        // If the member goes on, it depends on when Docker removes the owner's interface.
        if (!isOwnerFirst) Assert.True(owners.Boolean("network_final"));
    }

    [DockerTheory]
    [InlineData("10m", true)]
    [InlineData("0", false)]
    public void Protocols_that_are_read_seldom_are_read_at_the_exit(string interval, bool isRead)
    {
        using RunningAgent agent = Agent("network:protocols_interval=" + interval);
        using DockerContainer container = Engine.Start("end-protocols-" + interval, [], "exec sleep 1000");
        string gateway = container.Inspect().GetProperty("NetworkSettings").GetProperty("Gateway").GetString()!;
        Eventually.True(() => Udp().Length > 0, "the first reading");
        agent.AwaitCycles(3);
        Assert.Equal(isRead, Udp().Length < 3);
        for (int i = 0; i < 3; i++) Inside(container.Pid, "bash", "-c", $"for i in $(seq 100); do echo {i} > /dev/udp/{gateway}/9; done");
        long sent = SnmpOutDatagrams(container.Pid);
        Assert.True(sent >= 300);
        Point exit = End(agent, container);
        agent.AwaitCycles(1);
        Point[] last = [.. Udp().Where(point => point.TimestampNs == exit.TimestampNs)];
        Assert.Equal(isRead ? 1 : 0, last.Length);
        if (!isRead) return;
        Assert.Equal(sent, last[0].Integer("out_datagrams"));
        Assert.Single(agent.Points, point => point.Measurement == "container_tcp" && point.TimestampNs == exit.TimestampNs);

        Point[] Udp() => [.. agent.Points.Where(point => point.Measurement == "container_udp" && point.Container == "end-protocols-" + interval)];
    }

    private static long SnmpOutDatagrams(int pid)
    {
        string[][] udp = [.. File.ReadLines($"/proc/{pid}/net/snmp").Where(line => line.StartsWith("Udp: ", StringComparison.Ordinal)).Select(line => line.Split(' '))];
        return long.Parse(udp[1][Array.IndexOf(udp[0], "OutDatagrams")], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void Inside(int pid, string program, params string[] arguments) => Command.Run("nsenter", ["-t", $"{pid}", "-n", "--", program, .. arguments]);

    /// <summary>What Docker, IPv6 and ARP still send until the end is little.</summary>
    private static void AssertNear(ProcessNetwork counted, Point exit)
    {
        Assert.InRange(exit.Integer("rx_bytes"), counted.RxBytes, counted.RxBytes + 5000);
        Assert.InRange(exit.Integer("tx_bytes"), counted.TxBytes, counted.TxBytes + 5000);
    }

    private Point End(RunningAgent agent, DockerContainer container)
    {
        Engine.Docker("kill", container.Id);
        return agent.AwaitExit(container.Id);
    }

    private RunningAgent Agent(params string[] settings) => new([.. Engine.Settings, $"network:namespace_roots={Engine.NamespaceRoot}", "agent:interval=1s", .. settings]);

    /// <summary>A network namespace that stands for a container inside.</summary>
    private sealed class InnerNamespace : IDisposable
    {
        private readonly System.Diagnostics.Process _process = System.Diagnostics.Process.Start("unshare", ["-n", "--", "sleep", "infinity"]);

        internal InnerNamespace() => Eventually.True(() => File.ReadAllText($"/proc/{Pid}/comm") == "sleep\n", "the namespace");

        internal int Pid => _process.Id;

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
