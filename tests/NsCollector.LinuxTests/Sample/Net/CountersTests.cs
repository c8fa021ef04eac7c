using System.Net;
using System.Net.Sockets;
using NsCollector.Catalogue;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: the counters are those of the kernel for that namespace and no other.</summary>
[Collection(NamespaceTests.Name)]
public sealed class CountersTests
{
    private static readonly SampleOptions Visit = new() { Network = NetworkMode.Visit };
    private static readonly SampleOptions Proc = new() { Network = NetworkMode.Proc };

    [Theory]
    [InlineData(NetworkMode.Visit)]
    [InlineData(NetworkMode.Proc)]
    public void Interface_counters_after_traffic_equal_the_kernels(NetworkMode mode)
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        SendTraffic(process);
        using var visitor = new TestVisitor(new SampleOptions { Network = mode });

        (string dev, ContainerSample sample) = ReadWhileQuiet(process, visitor, "net/dev");

        Dictionary<string, long[]> expected = NetworkFiles.ReportedInterfaces(dev);
        Assert.Equal(["eth0"], expected.Keys);
        Assert.True(expected["eth0"][0] > 50_000, "The traffic did not arrive, so the comparison proves nothing.");
        Assert.True(expected["eth0"][4] > 0);
        Assert.Equal(expected, NetworkFiles.Interfaces(sample.Interfaces));
    }

    [Fact]
    public void Loopback_only_if_enabled()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Run("ip", "link", "set", "lo", "up");
        process.Run("bash", "-c", "echo hello > /dev/udp/127.0.0.1/9");
        using var without = new TestVisitor(Visit);
        using var with = new TestVisitor(Visit with { Loopback = true });

        Assert.Equal(0, without.Read(process.Directory).Interfaces.Count);
        (string dev, ContainerSample sample) = ReadWhileQuiet(process, with, "net/dev");
        long[] lo = NetworkFiles.Reported(NetworkFiles.Interfaces(dev)["lo"]);
        Assert.True(lo[0] > 0);
        Assert.Equal(lo, NetworkFiles.Interfaces(sample.Interfaces)["lo"]);
    }

    [Theory]
    [InlineData(NetworkMode.Visit)]
    [InlineData(NetworkMode.Proc)]
    public void Target_that_skips_protocols_gets_interfaces_only(NetworkMode mode)
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        using NamespaceProcess other = NamespaceProcess.Start();
        using var visitor = new TestVisitor(new SampleOptions { Network = mode });
        NetworkTarget[] targets = [TestVisitor.TargetOf(process.Directory), TestVisitor.TargetOf(other.Directory, 1)];
        for (int skipped = 0; skipped < 2; skipped++)
        {
            for (int i = 0; i < 2; i++) targets[i].SkipsProtocols = i == skipped;
            visitor.Visitor.Visit(targets, 2);
            for (int i = 0; i < 2; i++)
            {
                Assert.Equal(NetworkVisitResult.Read, targets[i].Result);
                Assert.Equal(i != skipped, targets[i].Sample!.Protocols.Has(Reading.TcpCurrEstab));
                Assert.Equal(i != skipped, targets[i].Sample!.Protocols.Has(Reading.UdpInDatagrams));
            }

            Assert.Equal(1, targets[0].Sample!.Interfaces.Count);
        }

        Assert.Equal(0, visitor.Counters[AgentCounter.ReadErrors]);
    }

    [Theory]
    [InlineData(NetworkMode.Visit)]
    [InlineData(NetworkMode.Proc)]
    public void Protocol_counters_equal_files_of_the_process(NetworkMode mode)
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        SendTraffic(process);
        using var visitor = new TestVisitor(new SampleOptions { Network = mode });

        // An open connection and UDP socket in the namespace, so that the gauges are not zero.
        var listener = new TcpListener(IPAddress.Parse($"10.231.{process.Network}.1"), 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using NamespaceProcess sockets = NamespaceProcess.StartWithInput(
            "nsenter", "-t", $"{process.Pid}", "-n", "--", "bash", "-c",
            $"exec 3<>/dev/tcp/10.231.{process.Network}.1/{port} 4>/dev/udp/10.231.{process.Network}.1/9; read; :");
        using TcpClient accepted = listener.AcceptTcpClient();
        listener.Stop();
        Eventually.True(() => NetworkFiles.Sockstat(process.ReadProc("net/sockstat")) is var s && s["TCP.inuse"] > 0 && s["UDP.inuse"] > 0, "sockets");

        (string texts, ContainerSample sample) = ReadWhileQuiet(process, visitor, "net/snmp", "net/netstat", "net/sockstat", "net/snmp6", "net/sockstat6");
        string[] parts = texts.Split('\f');
        Dictionary<string, long> snmp = NetworkFiles.Headed(parts[0]);
        Dictionary<string, long> netstat = NetworkFiles.Headed(parts[1]);
        Dictionary<string, long> sockstat = NetworkFiles.Sockstat(parts[2]);
        Dictionary<string, long> snmp6 = NetworkFiles.Pairs(parts[3]);
        Dictionary<string, long> sockstat6 = NetworkFiles.Sockstat(parts[4]);

        var expected = new Dictionary<Reading, long>
        {
            [Reading.TcpActiveOpens] = snmp["Tcp.ActiveOpens"],
            [Reading.TcpPassiveOpens] = snmp["Tcp.PassiveOpens"],
            [Reading.TcpAttemptFails] = snmp["Tcp.AttemptFails"],
            [Reading.TcpEstabResets] = snmp["Tcp.EstabResets"],
            [Reading.TcpInSegs] = snmp["Tcp.InSegs"],
            [Reading.TcpOutSegs] = snmp["Tcp.OutSegs"],
            [Reading.TcpRetransSegs] = snmp["Tcp.RetransSegs"],
            [Reading.TcpInErrs] = snmp["Tcp.InErrs"],
            [Reading.TcpOutRsts] = snmp["Tcp.OutRsts"],
            [Reading.TcpListenOverflows] = netstat["TcpExt.ListenOverflows"],
            [Reading.TcpListenDrops] = netstat["TcpExt.ListenDrops"],
            [Reading.TcpTimeouts] = netstat["TcpExt.TCPTimeouts"],
            [Reading.TcpCurrEstab] = snmp["Tcp.CurrEstab"],
            [Reading.TcpInUse] = sockstat["TCP.inuse"] + sockstat6["TCP6.inuse"],
            [Reading.TcpTimeWait] = sockstat["TCP.tw"],
            [Reading.UdpInDatagrams] = snmp["Udp.InDatagrams"] + snmp6["Udp6InDatagrams"],
            [Reading.UdpOutDatagrams] = snmp["Udp.OutDatagrams"] + snmp6["Udp6OutDatagrams"],
            [Reading.UdpNoPorts] = snmp["Udp.NoPorts"] + snmp6["Udp6NoPorts"],
            [Reading.UdpInErrors] = snmp["Udp.InErrors"] + snmp6["Udp6InErrors"],
            [Reading.UdpRcvbufErrors] = snmp["Udp.RcvbufErrors"] + snmp6["Udp6RcvbufErrors"],
            [Reading.UdpSndbufErrors] = snmp["Udp.SndbufErrors"] + snmp6["Udp6SndbufErrors"],
            [Reading.UdpInUse] = sockstat["UDP.inuse"] + sockstat6["UDP6.inuse"],
        };
        var actual = new Dictionary<Reading, long>();
        for (Reading reading = Reading.TcpActiveOpens; reading <= Reading.ConntrackMax; reading++)
        {
            if (sample.Protocols.TryGet(reading, out long value)) actual[reading] = value;
        }

        foreach (Reading busy in (Reading[])[Reading.TcpPassiveOpens, Reading.TcpInSegs, Reading.TcpOutRsts, Reading.TcpCurrEstab, Reading.TcpInUse, Reading.UdpNoPorts, Reading.UdpOutDatagrams, Reading.UdpInUse])
            Assert.True(expected[busy] > 0, $"{busy} is 0, so the comparison proves nothing.");
        Assert.Equal(expected.OrderBy(pair => pair.Key), actual.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void Orphans_of_whole_host_are_absent()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        using var visitor = new TestVisitor(Visit);
        Assert.Contains("TCP.orphan", NetworkFiles.Sockstat(process.ReadProc("net/sockstat")).Keys);
        Assert.False(visitor.Read(process.Directory).Protocols.Has(Reading.TcpOrphan));
    }

    [Fact]
    public void Protocols_disabled_reads_only_interfaces()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Mark();
        using var visitor = new TestVisitor(Visit with { Protocols = false });
        ContainerSample sample = visitor.Read(process.Directory);
        Assert.True(sample.Protocols.IsEmpty);
        Assert.Equal(2, sample.Interfaces.Count);
    }

    [Fact]
    public void Conntrack_is_of_visited_namespace_or_absent()
    {
        using NamespaceProcess busy = NamespaceProcess.Start();
        using NamespaceProcess idle = NamespaceProcess.Start();
        busy.Run("ip", "link", "set", "lo", "up");
        using var visitor = new TestVisitor(Visit with { Conntrack = true });
        if (!File.Exists("/proc/sys/net/netfilter/nf_conntrack_count"))
        {
            ContainerSample none = visitor.Read(busy.Directory);
            Assert.False(none.Protocols.Has(Reading.ConntrackCount));
            Assert.False(none.Protocols.Has(Reading.ConntrackMax));
            Assert.Equal(0, visitor.Counters[AgentCounter.ReadErrors]);
            return;
        }

        busy.Run("iptables", "-A", "INPUT", "-m", "conntrack", "--ctstate", "NEW", "-j", "ACCEPT");
        busy.Run("bash", "-c", "for p in 9 10 11; do echo x > /dev/udp/127.0.0.1/$p; done");
        long Count(NamespaceProcess process) => long.Parse(process.Run("cat", "/proc/sys/net/netfilter/nf_conntrack_count"));

        NetworkTarget[] targets = [TestVisitor.TargetOf(idle.Directory), TestVisitor.TargetOf(busy.Directory), TestVisitor.TargetOf(idle.Directory)];
        visitor.Visitor.Visit(targets, targets.Length);
        Assert.True(Count(busy) > 0, "Nothing is tracked, so the comparison proves nothing.");
        Assert.Equal(Count(busy), targets[1].Sample!.Protocols[Reading.ConntrackCount]);
        Assert.Equal(Count(idle), targets[0].Sample!.Protocols[Reading.ConntrackCount]);
        Assert.Equal(Count(idle), targets[2].Sample!.Protocols[Reading.ConntrackCount]);
        Assert.Equal(long.Parse(busy.Run("cat", "/proc/sys/net/netfilter/nf_conntrack_max")), targets[1].Sample!.Protocols[Reading.ConntrackMax]);

        using var notAsked = new TestVisitor(Visit);
        Assert.False(notAsked.Read(busy.Directory).Protocols.Has(Reading.ConntrackCount));
        using var byProc = new TestVisitor(Proc with { Conntrack = true });
        ContainerSample unreachable = byProc.Read(busy.Directory);
        Assert.False(unreachable.Protocols.Has(Reading.ConntrackCount));
        Assert.False(unreachable.Protocols.Has(Reading.ConntrackMax));
        Assert.Equal(0, byProc.Counters[AgentCounter.ReadErrors]);
    }

    [Theory]
    [InlineData(NetworkMode.Visit)]
    [InlineData(NetworkMode.Proc)]
    public void Interfaces_2000_are_all_read(NetworkMode mode)
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.RunWithInput(
            string.Concat(Enumerable.Range(0, 1000).Select(i => $"link add interface{i:D5} type veth peer name otherside{i:D5}\n")),
            "ip", "-batch", "-");
        using var visitor = new TestVisitor(new SampleOptions { Network = mode });

        (string dev, ContainerSample sample) = ReadWhileQuiet(process, visitor, "net/dev");
        Dictionary<string, long[]> expected = NetworkFiles.ReportedInterfaces(dev);
        Assert.Equal(2000, expected.Count);
        Assert.Equal(expected, NetworkFiles.Interfaces(sample.Interfaces));
        Assert.Equal(0, visitor.Counters[AgentCounter.InterfacesOverLimit]);

        // Interfaces over the limit are counted exactly, whether their lines were parsed or cut off.
        foreach (int limit in (int[])[1, 100, 1999])
        {
            using var limited = new TestVisitor(new SampleOptions { Network = mode, MaxInterfaces = limit });
            Assert.Equal(limit, limited.Read(process.Directory).Interfaces.Count);
            Assert.Equal(2000 - limit, limited.Counters[AgentCounter.InterfacesOverLimit]);
            Assert.Equal(0, limited.Counters[AgentCounter.ReadErrors]);
        }
    }

    [Fact]
    public void Large_namespace_does_not_affect_small_ones()
    {
        using NamespaceProcess large = NamespaceProcess.Start();
        large.RunWithInput(
            string.Concat(Enumerable.Range(0, 1500).Select(i => $"link add interface{i:D5} type veth peer name otherside{i:D5}\n")),
            "ip", "-batch", "-");
        var small = new List<(NamespaceProcess Process, string Mark)>();
        try
        {
            for (int i = 0; i < 4; i++)
            {
                NamespaceProcess process = NamespaceProcess.Start();
                small.Add((process, process.Mark()));
            }

            using var visitor = new TestVisitor(Visit);
            NetworkTarget[] targets =
            [
                TestVisitor.TargetOf(small[0].Process.Directory), TestVisitor.TargetOf(small[1].Process.Directory),
                TestVisitor.TargetOf(large.Directory),
                TestVisitor.TargetOf(small[2].Process.Directory), TestVisitor.TargetOf(small[3].Process.Directory),
            ];
            visitor.Visitor.Visit(targets, targets.Length);
            Assert.All(targets, target => Assert.Equal(NetworkVisitResult.Read, target.Result));
            Assert.Equal(3000, targets[2].Sample!.Interfaces.Count);
            int[] smallOnes = [0, 1, 3, 4];
            for (int i = 0; i < 4; i++)
                Assert.Contains(small[i].Mark, NetworkFiles.Interfaces(targets[smallOnes[i]].Sample!.Interfaces).Keys);
        }
        finally
        {
            foreach ((NamespaceProcess process, _) in small) process.Dispose();
        }
    }

    [Fact]
    public void Interface_with_any_valid_name_is_read()
    {
        string[] names = ["a,b=c\"\\", "\u0001\u001b[31m", "ünïcode€", "-n", "#x", "=,", "!"];
        using NamespaceProcess process = NamespaceProcess.Start();
        for (int i = 0; i < names.Length; i++)
        {
            process.Run("ip", "link", "add", $"x{i}", "type", "veth", "peer", "name", $"y{i}");
            process.Run("ip", "link", "set", "dev", $"x{i}", "name", names[i]);
        }

        using var visitor = new TestVisitor(Visit);
        IEnumerable<string> found = NetworkFiles.Interfaces(visitor.Read(process.Directory).Interfaces).Keys;
        Assert.Equal(names.Concat(Enumerable.Range(0, names.Length).Select(i => $"y{i}")).Order(), found.Order());
    }

    [Fact]
    public void Namespace_owned_by_user_namespace_is_read()
    {
        using NamespaceProcess process = NamespaceProcess.StartInUserNamespace();
        string mark = process.Mark();
        Assert.NotEqual(Path.GetFileName(File.ResolveLinkTarget("/proc/self/ns/user", false)!.FullName), Path.GetFileName(File.ResolveLinkTarget($"/proc/{process.Pid}/ns/user", false)!.FullName));
        using var visitor = new TestVisitor(Visit);
        Assert.Contains(mark, NetworkFiles.Interfaces(visitor.Read(process.Directory).Interfaces).Keys);
        Assert.Equal(0, visitor.Counters[AgentCounter.SetnsErrors]);
    }

    [Fact]
    public void Visit_steady_allocates_nothing()
    {
        using NamespaceProcess one = NamespaceProcess.Start();
        using NamespaceProcess two = NamespaceProcess.Start();
        one.Mark();
        using var visitor = new TestVisitor(Visit with { Conntrack = true, Loopback = true });
        NetworkTarget[] targets = [TestVisitor.TargetOf(one.Directory), TestVisitor.TargetOf(two.Directory)];
        visitor.Visitor.Visit(targets, 2);
        visitor.Visitor.Visit(targets, 2);

        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) visitor.Visitor.Visit(targets, 2);
        }));
        Assert.Equal(3, targets[0].Sample!.Interfaces.Count);
    }

    /// <summary>A visit between two reads of the kernel's texts that are equal.</summary>
    private static (string Texts, ContainerSample Sample) ReadWhileQuiet(NamespaceProcess process, TestVisitor visitor, params string[] files)
    {
        for (int attempt = 0; attempt < 50; attempt++)
        {
            string before = string.Join('\f', files.Select(process.ReadProc));
            ContainerSample sample = visitor.Read(process.Directory);
            string after = string.Join('\f', files.Select(process.ReadProc));
            if (before == after) return (before, sample);
            Thread.Sleep(100);
        }

        throw new TimeoutException("the namespace never fell quiet");
    }

    private static TcpClient Connect(string address, int port)
    {
        var client = new TcpClient(AddressFamily.InterNetwork);
        client.Connect(IPAddress.Parse(address), port);
        return client;
    }

    private static void SendTraffic(NamespaceProcess process)
    {
        int network = process.Network;
        // First a refused connection: it waits until the neighbour's address is resolved; of datagrams the kernel queues only a few.
        Assert.ThrowsAny<SocketException>(() => Connect($"10.231.{network}.2", 4999).Dispose());
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            // Nobody listens: the answers count as transmitted packets, the datagrams as NoPorts.
            var there = new IPEndPoint(IPAddress.Parse($"10.231.{network}.2"), 9);
            for (int i = 0; i < 100; i++) socket.SendTo(new byte[1000], there);
        }

        process.Run("bash", "-c", $"for i in 1 2 3 4 5; do echo hello > /dev/udp/10.231.{network}.1/9; done");
        using NamespaceProcess listener = NamespaceProcess.StartWithInput(
            "nsenter", "-t", $"{process.Pid}", "-n", "--", "busybox", "nc", "-l", "-p", "5000");
        Eventually.True(() => NetworkFiles.Sockstat(process.ReadProc("net/sockstat6"))["TCP6.inuse"] > 0, "the listener");
        using TcpClient client = Connect($"10.231.{network}.2", 5000);
        client.GetStream().Write(new byte[20_000]);
    }
}
