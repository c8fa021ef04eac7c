
namespace NsCollector.RuntimeTests.Docker;

/// <summary>Bytes over a bridge, and the network modes without an interface of the container.</summary>
public sealed class NetworkTests(DockerEngine engine) : DockerTests(engine)
{
    private const int PayloadBytes = 3_000_000;

    [DockerFact]
    public void Bytes_sent_over_the_bridge_match_the_kernel_and_docker()
    {
        // With an empty standard input nc would close its side at once, and the sender would stop.
        using DockerContainer receiver = Engine.Start("net-receiver", [], "mkfifo /open && exec 3<>/open && nc -l -p 9000 <&3 > /dev/null; echo received; exec sleep 1000");
        using DockerContainer sender = Engine.Start("net-sender", [], $"until head -c {PayloadBytes} /dev/zero | nc {receiver.Address} 9000; do sleep 0.1; done; echo sent; exec sleep 1000");
        sender.AwaitLine("sent");
        receiver.AwaitLine("received");

        var before = ProcessNetwork.Read(sender.Pid, "eth0");
        var received = ProcessNetwork.Read(receiver.Pid, "eth0");
        List<Point> all = Sample();
        var after = ProcessNetwork.Read(sender.Pid, "eth0");
        var stats = sender.Stats();

        Point point = Only(DockerContainer.Of(all, "net-sender"), "container_network");
        Assert.Equal("eth0", point.Tags["interface"]);
        Assert.InRange(before.TxBytes, PayloadBytes, long.MaxValue);
        Assert.InRange(point.Integer("tx_bytes"), before.TxBytes, after.TxBytes);
        Assert.InRange(point.Integer("tx_packets"), before.TxPackets, after.TxPackets);
        Assert.InRange(point.Integer("rx_bytes"), before.RxBytes, after.RxBytes);
        Assert.InRange(point.Integer("rx_packets"), before.RxPackets, after.RxPackets);
        Assert.Equal(0, point.Integer("tx_errors"));
        Assert.InRange(stats.TxBytes, point.Integer("tx_bytes") * 0.99, (after.TxBytes + 2000) * 1.01);

        Point other = Only(DockerContainer.Of(all, "net-receiver"), "container_network");
        Assert.InRange(received.RxBytes, PayloadBytes, long.MaxValue);
        Assert.True(other.Integer("rx_bytes") >= received.RxBytes);

        // The only connection of these namespaces was opened on one side and accepted on the other.
        Assert.True(Only(DockerContainer.Of(all, "net-sender"), "container_tcp").Integer("active_opens") >= 1);
        Assert.Equal(1, Only(DockerContainer.Of(all, "net-receiver"), "container_tcp").Integer("passive_opens"));
        Only(DockerContainer.Of(all, "net-sender"), "container_udp");
    }

    [DockerFact]
    public void Protocol_counters_can_be_disabled()
    {
        using DockerContainer container = Engine.Start("net-noprotocols", [], "exec sleep 1000");
        List<Point> points = SampleOf("net-noprotocols", "network:protocols=off");
        Only(points, "container_network");
        Assert.DoesNotContain(points, point => point.Measurement is "container_tcp" or "container_udp");
    }

    [DockerFact]
    public void Container_without_network_has_no_interfaces_but_all_else()
    {
        using DockerContainer container = Engine.Start("net-none", ["--network", "none"], "exec sleep 1000");
        List<Point> points = SampleOf("net-none");
        Assert.DoesNotContain(points, point => point.Measurement == "container_network");
        Assert.Equal(container.Id, Only(points, "container_info").Text("container_id"));
        Assert.True(Only(points, "container_cpu").Integer("usage_ns") > 0);
    }

    [DockerFact]
    public void Container_in_the_hosts_network_has_no_network_points()
    {
        using DockerContainer container = Engine.Start("net-host", ["--network", "host"], "exec sleep 1000");
        List<Point> points = SampleOf("net-host");
        Assert.DoesNotContain(points, point => point.Measurement is "container_network" or "container_tcp" or "container_udp");
        Assert.True(Only(points, "container_memory").Integer("usage_bytes") > 0);
    }

    // The sharers' names sort before and after the owner's, and they start later, so neither order decides.
    [DockerFact]
    public void Shared_network_namespace_is_reported_once_by_its_owner()
    {
        using DockerContainer owner = Engine.Start("net-m-owner", [], "exec sleep 1000");
        using DockerContainer first = Engine.Start("net-a-sharer", ["--network", "container:net-m-owner"], "exec sleep 1000");
        using DockerContainer last = Engine.Start("net-z-sharer", ["--network", "container:net-m-owner"], "exec sleep 1000");
        List<Point> all = Sample();
        Point point = Only(DockerContainer.Of(all, "net-m-owner"), "container_network");
        Assert.InRange(point.Integer("tx_bytes"), 0, ProcessNetwork.Read(owner.Pid, "eth0").TxBytes);
        Only(DockerContainer.Of(all, "net-m-owner"), "container_tcp");
        foreach (string sharer in new[] { "net-a-sharer", "net-z-sharer" })
        {
            List<Point> points = DockerContainer.Of(all, sharer);
            Assert.DoesNotContain(points, each => each.Measurement is "container_network" or "container_tcp" or "container_udp");
            Only(points, "container_cpu");
        }
    }

    [DockerFact]
    public void Container_on_two_networks_has_two_interfaces()
    {
        Engine.Docker("network", "create", "--driver", "bridge", "--subnet", "10.213.79.0/24", "--opt", "com.docker.network.bridge.name=nsctest1", "nsctest-second");
        try
        {
            using DockerContainer container = Engine.Start("net-two", [], "exec sleep 1000");
            Engine.Docker("network", "connect", "nsctest-second", "net-two");
            string[] interfaces = [.. SampleOf("net-two").Where(point => point.Measurement == "container_network").Select(point => point.Tags["interface"]).Order()];
            Assert.Equal(["eth0", "eth1"], interfaces);
        }
        finally
        {
            Engine.Docker("network", "rm", "nsctest-second");
        }
    }
}
