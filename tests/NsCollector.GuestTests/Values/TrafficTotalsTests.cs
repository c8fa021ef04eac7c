using System.Globalization;
using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// Totals of network traffic through stacked interfaces, with kinds that only some kernels have: VLAN, bond, dummy, macvlan. All
/// traffic is UDP to multicast groups without members, so nothing answers, and every byte is known.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class TrafficTotalsTests(Guest guest) : IDisposable
{
    private const string ServiceName = "traffic-totals";

    private const string AsService = "nscollector check --as-service";

    /// <summary>A datagram of burn with its headers: UDP, IP, Ethernet.</summary>
    private const int Frame = 1000 + 8 + 20 + 14;

    // The host's ends of the service's interfaces are called out0 and so on. Each interface has its own network of groups.
    private readonly string _functions = $$"""
        set -e
        pid=$(systemctl show -P MainPID {{ServiceName}})
        inside() { nsenter -t $pid -n "$@"; }
        pair() { ip link add out$1 type veth peer name eth$1 netns $pid; }
        up() { n=$1; shift; for link; do $where ip link set $link up; $where ip route add 239.9.$n.0/24 dev $link; n=$((n + 1)); done; }
        send() { $where burn --send 239.9.$1.1:9:$2 > /dev/null; }
        counted() { for link; do inside sed -n "s/^ *$link: *//p" /proc/net/dev | awk '{ print $1; print $9 }'; done; }

        """;

    public void Dispose()
    {
        if (Guest.SshConfig is null)
            return;
        guest.Run($$"""
            systemctl stop {{ServiceName}}.service 2> /dev/null
            for link in outb.20 outb out0 out1 out2 lower; do ip link delete $link 2> /dev/null; done
            sysctl -q net.ipv6.conf.default.disable_ipv6=0
            """);
    }

    [GuestFact]
    public void Totals_count_bytes_through_vlan_bond_macvlan_and_dummy_once()
    {
        using InstalledAgent agent = Start();
        Run("""
            for number in 0 1 2; do pair $number; done
            ip link add outb type bond mode balance-rr
            inside ip link add bond0 type bond mode balance-rr
            for number in 1 2; do ip link set out$number master outb; inside ip link set eth$number master bond0; done
            ip link add link out0 name out0.10 type vlan id 10
            ip link add link outb name outb.20 type vlan id 20
            inside ip link add link eth0 name eth0.10 type vlan id 10
            inside ip link add link bond0 name bond0.20 type vlan id 20
            inside ip link add link eth0 name mac0 type macvlan mode bridge
            inside ip link add dummy0 type dummy
            up 0 out0 outb out0.10 outb.20
            where=inside
            up 0 eth0 bond0 eth0.10 bond0.20 mac0 dummy0
            """);
        string[] kernels = Run("""
            send 0 100; send 1 201; send 2 300; send 3 401
            where=inside
            send 0 10; send 1 21; send 2 30; send 3 41; send 4 50; send 5 600
            counted eth0 bond0 eth0.10 bond0.20 mac0 dummy0
            """).Split('\n');

        // They are counted by each layer.
        Assert.Equal([100 + 300, 10 + 30 + 50, 201 + 401, 21 + 41], kernels[..4].Select(Frames));
        Assert.Equal([41, 50, 600], new[] { kernels[7], kernels[9], kernels[11] }.Select(Frames));
        // A VLAN counts what it receives without the Ethernet header (net/8021q/vlan_core.c).
        Assert.Equal([$"{300 * (Frame - 14)}", $"{401 * (Frame - 14)}"], new[] { kernels[4], kernels[6] });
        Point exit = End(agent);
        Assert.Equal((100 + 201 + 300 + 401, 10 + 21 + 30 + 41 + 50), (Frames(exit, "rx_bytes"), Frames(exit, "tx_bytes")));
        Assert.True(exit.Boolean("network_final"));
    }

    [GuestFact]
    public void Links_stacked_on_the_hosts_interfaces_lead_out()
    {
        using InstalledAgent agent = Start();
        Run("""
            ip link add out0 type veth peer name lower
            ip link set lower up
            ip link add link lower name mac0 netns $pid type macvlan mode bridge
            ip link add link lower name vlan30 type vlan id 30
            ip link set vlan30 netns $pid
            ip link add link out0 name out0.30 type vlan id 30
            inside ip link add dummy0 type dummy
            up 0 out0 out0.30
            where=inside
            up 0 mac0 vlan30 dummy0
            """);
        string[] kernels = Run("""
            send 1 70
            where=inside
            send 0 11; send 1 22; send 2 500
            counted mac0 vlan30 dummy0
            """).Split('\n');
        Assert.Equal([0, 11, 22, 500], new[] { kernels[0], kernels[1], kernels[3], kernels[5] }.Select(Frames));

        // Nothing outside of the namespace has these counters, so they are final only if they were sampled.
        agent.AwaitSample(Cgroup, guest.NowNs);
        Point exit = End(agent);
        Assert.Equal(
            (long.Parse(kernels[2], CultureInfo.InvariantCulture), 11 + 22),
            (exit.Integer("rx_bytes"), Frames(exit, "tx_bytes")));
        Assert.False(exit.Boolean("network_final"));
    }

    [GuestFact]
    public void Totals_are_whole_before_the_second_cycle()
    {
        // systemd puts the process into its cgroup before it enters its network namespace.
        using InstalledAgent agent = StartConnected();
        Run("""
            send 0 80
            where=inside
            send 0 33
            """);
        Point exit = End(agent);
        Assert.Equal((80, 33), (Frames(exit, "rx_bytes"), Frames(exit, "tx_bytes")));
        Assert.True(exit.Boolean("network_final"));
    }

    [GuestFact]
    public void Interface_removed_before_the_exit_is_not_final_by_default()
    {
        Assert.Contains("ok    CAP_NET_BROADCAST is missing: bytes sent of removed interfaces are those of the last sample", guest.Run(AsService), StringComparison.Ordinal);
        Point exit = EndWithoutInterface();
        Assert.Equal((90, 0), (Frames(exit, "rx_bytes"), Frames(exit, "tx_bytes")));
        Assert.False(exit.Boolean("network_final"));
    }

    [GuestFact]
    public void Interface_removed_before_the_exit_is_whole_with_the_drop_in()
    {
        using UnitDropIn unit = MayHearRemovals();
        Assert.Contains("ok    CAP_NET_BROADCAST: the kernel reports the bytes sent", guest.Run(AsService), StringComparison.Ordinal);
        Point exit = EndWithoutInterface();
        Assert.Equal((90, 44), (Frames(exit, "rx_bytes"), Frames(exit, "tx_bytes")));
        Assert.True(exit.Boolean("network_final"));
    }

    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Disconnected_docker_network_is_whole_with_the_drop_in()
    {
        const string Name = "end-disconnected";
        Engine docker = Engine.Docker(guest);
        using UnitDropIn unit = MayHearRemovals();
        using var agent = new InstalledAgent(guest, interval: "10m");
        try
        {
            docker.Start(Name, "", "/bin/sleep 3600");
            RunningContainer container = docker.Inspect(Name);
            Thread.Sleep(5000);
            docker.Run($"exec {Name} /bin/burn --send {docker.Gateway}:9:60");
            // ARP, and the host's answers that nothing listens.
            string counted = "";
            Guest.Await(() => counted == (counted = Counted()), "it is quiet", patience: TimeSpan.FromSeconds(60));
            docker.Run($"network disconnect bridge {Name}");
            guest.Run($"kill -9 {container.Pid}");

            Point exit = ContainerExit.Await(agent, "docker", Name, container.Id);
            Assert.Equal(counted, $"{exit.Integer("rx_bytes")}\n{exit.Integer("tx_bytes")}");
            Assert.True(exit.Integer("tx_bytes") >= 60 * Frame);
            Assert.True(exit.Boolean("network_final"));

            string Counted() => guest.Run($"sleep 4; sed -n 's/^ *eth0: *//p' /proc/{container.Pid}/net/dev | awk '{{ print $1; print $9 }}'");
        }
        finally
        {
            docker.Remove(Name);
        }
    }

    private string Cgroup => guest.Run($"systemctl show -P ControlGroup {ServiceName}");

    private InstalledAgent Start(string interval = "1s")
    {
        var agent = new InstalledAgent(guest, $"[discovery]\ncgroup_paths = /system.slice/{ServiceName}.service\n", interval);
        // IPv6 would send by itself.
        guest.Run($"""
            sysctl -q net.ipv6.conf.default.disable_ipv6=1
            systemd-run --quiet --collect --unit {ServiceName} -p PrivateNetwork=yes /bin/sleep 3600
            """);
        Run("inside sysctl -q net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
        return agent;
    }

    /// <summary>Starts it with a connection that the agent has found. Its next cycle is far away.</summary>
    private InstalledAgent StartConnected()
    {
        InstalledAgent agent = Start(interval: "10m");
        Run("""
            pair 0
            up 0 out0
            where=inside
            up 0 eth0
            """);
        // The search for the host's end of the interface.
        Thread.Sleep(5000);
        return agent;
    }

    /// <summary>The drop-in of docs/operations.md.</summary>
    private UnitDropIn MayHearRemovals()
    {
        string[] lines = ["AmbientCapabilities=CAP_NET_BROADCAST", "CapabilityBoundingSet=CAP_NET_BROADCAST"];
        Assert.Contains($"| `[Service]`<br>{string.Join("<br>", lines.Select(line => $"`{line}`"))} |", File.ReadAllText(Repository.PathOf("docs/operations.md")), StringComparison.Ordinal);
        return new UnitDropIn(guest, string.Join('\n', lines));
    }

    /// <summary>Ends the service after its only interface was removed, which was sampled before its traffic.</summary>
    private Point EndWithoutInterface()
    {
        using InstalledAgent agent = StartConnected();
        Run("""
            send 0 90
            where=inside
            send 0 44
            inside ip link delete eth0
            """);
        return End(agent);
    }

    private string Run(string script) => guest.Run(_functions + script);

    private Point End(InstalledAgent agent)
    {
        string cgroup = Cgroup;
        guest.Run($"systemctl stop {ServiceName}.service");
        return ContainerExit.Await(agent, "cgroup", ServiceName + ".service", cgroup);
    }

    private static long Frames(Point exit, string field) => Frames(exit.Integer(field).ToString(CultureInfo.InvariantCulture));

    private static long Frames(string bytes)
    {
        (long frames, long rest) = Math.DivRem(long.Parse(bytes, CultureInfo.InvariantCulture), Frame);
        Assert.Equal(0, rest);
        return frames;
    }
}
