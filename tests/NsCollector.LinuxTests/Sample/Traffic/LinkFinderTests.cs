using System.Text.Json;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Traffic;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Traffic;

/// <summary>Property: which interfaces lead out is what the kernel says of how they are stacked, and looking at them holds nothing.</summary>
[Collection(NamespaceTests.Name)]
public sealed class LinkFinderTests : IDisposable
{
    private readonly AgentCounters _counters = new();
    private readonly LinkFinder _finder;

    public LinkFinderTests() => _finder = NewFinder();

    public void Dispose() => _finder.Dispose();

    [Fact]
    public void Peer_of_a_veth_is_the_hosts_end_and_mirrors_its_counters()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        using NamespaceProcess other = NamespaceProcess.Start();
        other.Connect();
        string host = process.Connect();
        process.Send(5);
        NamespaceLinks? links = null;
        Eventually.True(
            () =>
            {
                links = Find(process);
                NamespaceLink link = links!.Links.Single();
                return Number($"/sys/class/net/{host}/statistics/rx_bytes") == link.TxBytes && Number($"/sys/class/net/{host}/statistics/tx_bytes") == link.RxBytes;
            },
            "both ends to count the same");
        NamespaceLink eth0 = links!.Links.Single();
        Assert.Equal(("eth0", true, host, (int)Number($"/sys/class/net/{host}/ifindex")), (eth0.Name, eth0.LeadsOut, eth0.PeerName, eth0.Peer));
        Assert.True(eth0.TxBytes > 5000);
        Assert.True(links.IsCertain);

        // The number that the host's namespace has for the container's.
        using JsonDocument ends = JsonDocument.Parse(Command.Run("ip", "-j", "link", "show", "dev", host));
        Assert.Equal(ends.RootElement[0].GetProperty("link_netnsid").GetInt32(), links.Number);
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Docker_in_docker_only_the_link_to_the_host_leads_out()
    {
        using NamespaceProcess outer = NamespaceProcess.Start(), inner = NamespaceProcess.Start(), hidden = NamespaceProcess.Start();
        outer.Connect();
        outer.Run("ip", "link", "add", "docker0", "type", "bridge");
        foreach ((NamespaceProcess process, string name) in ((NamespaceProcess, string)[])[(inner, "veth1"), (hidden, "veth2")])
        {
            outer.Run("ip", "link", "add", name, "master", "docker0", "type", "veth", "peer", "name", "eth0", "netns", $"{process.Pid}");
        }

        // The plugin ptp of kind connects without a bridge.
        outer.Run("ip", "link", "add", "veth3", "type", "veth", "peer", "name", "eth1", "netns", $"{inner.Pid}");
        Container one = ContainerOf(1, "/kubepods/a", outer), two = ContainerOf(2, "/kubepods/a/docker/b", inner);
        Assert.Equal(["eth0"], LeadOut(one, two));
        Assert.Equal(["eth0"], LeadOut(one));

        // Seen from inside, its own interfaces lead out.
        Assert.Equal(["eth0", "eth1"], LeadOut(two, one));
        Assert.Equal(["eth0", "eth1"], LeadOut(two));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Stacked_interfaces_do_not_lead_out()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        process.Run("ip", "link", "add", "link", "eth0", "name", "mac0", "type", "macvlan", "mode", "bridge");
        process.Run("ip", "link", "add", "vx0", "type", "vxlan", "id", "7", "dev", "eth0", "dstport", "4789");
        process.Run("ip", "link", "add", "ifb9", "type", "ifb");
        process.Run("ip", "tuntap", "add", "dev", "tap0", "mode", "tap");
        process.Mark();
        NamespaceLinks links = Find(process)!;
        Assert.Equal(["eth0"], links.Links.Where(link => link.LeadsOut).Select(link => link.Name));
        Assert.True(links.IsCertain);

        // Also if it is a port itself.
        process.Run("ip", "link", "delete", "mac0");
        process.Run("ip", "link", "add", "br0", "type", "bridge");
        process.Run("ip", "link", "set", "eth0", "master", "br0");
        Assert.Equal(["eth0"], LeadOut(ContainerOf(1, "/a", process)));
    }

    [Fact]
    public void Macvlan_and_tunnel_over_the_hosts_interface_lead_out()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        string lower = NamespaceProcess.UniqueName("l"), tunnel = NamespaceProcess.UniqueName("v");
        Command.Run("ip", "link", "add", lower, "type", "veth", "peer", "name", "p" + lower);
        try
        {
            Command.Run("ip", "link", "add", "link", lower, "name", "mac0", "netns", $"{process.Pid}", "type", "macvlan", "mode", "bridge");
            Command.Run("ip", "link", "add", tunnel, "type", "vxlan", "id", "77", "dev", lower, "dstport", "4790");
            Command.Run("ip", "link", "set", tunnel, "netns", $"{process.Pid}");
            Assert.Equal(["mac0", tunnel], LeadOut(ContainerOf(1, "/a", process)).Order(StringComparer.Ordinal));
        }
        finally
        {
            Command.Run("ip", "link", "delete", lower);
        }
    }

    [Fact]
    public void A_tap_leads_out_only_if_nothing_else_does()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Run("ip", "tuntap", "add", "dev", "tap0", "mode", "tap");
        process.Mark();
        Assert.Equal(["tap0"], LeadOut(ContainerOf(1, "/a", process)));
        process.Connect();
        Assert.Equal(["eth0"], LeadOut(ContainerOf(1, "/a", process)));
    }

    [Fact]
    public void A_veth_to_a_container_beside_leads_out()
    {
        using NamespaceProcess one = NamespaceProcess.Start(), two = NamespaceProcess.Start();
        one.Connect();
        one.Run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "eth1", "netns", $"{two.Pid}");
        Container first = ContainerOf(1, "/docker/a", one), second = ContainerOf(2, "/docker/ab", two);
        Assert.Equal(["eth0", "eth1"], LeadOut(first, second));
        Assert.Equal(["eth1"], LeadOut(second, first));
    }

    [Fact]
    public void An_unknown_namespace_beside_a_tap_is_not_certain()
    {
        using NamespaceProcess process = NamespaceProcess.Start(), unknown = NamespaceProcess.Start();
        process.Run("ip", "tuntap", "add", "dev", "tap0", "mode", "tap");
        process.Run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "x", "netns", $"{unknown.Pid}");
        NamespaceLinks links = Find(process)!;
        Assert.Equal(["eth1"], links.Links.Where(link => link.LeadsOut).Select(link => link.Name));
        Assert.False(links.IsCertain);
    }

    [Fact]
    public void A_pair_that_leads_elsewhere_than_to_the_host_has_no_peer_there()
    {
        using NamespaceProcess one = NamespaceProcess.Start(), two = NamespaceProcess.Start();

        // Both ends in other namespaces than the host's, with the index that the host's veth has.
        string host = two.Connect();
        one.Run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far", "index", $"{Number($"/sys/class/net/{host}/ifindex")}", "netns", $"{two.Pid}");
        Assert.Equal(0, Find(one)!.Links.Single().Peer);
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void A_name_of_any_bytes_is_kept()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        process.Run("bash", "-c", "ip link set eth0 down; ip link set eth0 name $'a\\xffb\\xc3'");
        Assert.Equal("a\u00ffb\u00c3", Find(process)!.Links.Single().Name);
    }

    [Fact]
    public void Cookie_differs_between_namespaces_and_stays()
    {
        using NamespaceProcess one = NamespaceProcess.Start(), two = NamespaceProcess.Start();
        ulong first = Find(one)!.Cookie, second = Find(two)!.Cookie;
        Assert.NotEqual(0UL, first);
        Assert.NotEqual(first, second);
        Assert.Equal(first, Find(one)!.Cookie);
    }

    [Fact]
    public void Find_300_interfaces_returns_all()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        string prefix = NamespaceProcess.UniqueName("h");
        Command.RunWithInput(
            string.Concat(Enumerable.Range(0, 300).Select(i => $"link add {prefix}{i:D3} type veth peer name i{i:D3} netns {process.Pid}\n")), "ip", "-batch", "-");
        Assert.Equal(
            Enumerable.Range(0, 300).Select(i => $"{prefix}{i:D3}"), Find(process)!.Links.Select(link => link.PeerName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Find_far_over_limit_stops_listing()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.RunWithInput(string.Concat(Enumerable.Range(0, 400).Select(i => $"link add a{i} type veth peer name b{i}\n")), "ip", "-batch", "-");
        long whole = CpuOfLooking(1000, isFound: true), bounded = CpuOfLooking(8, isFound: false);
        Assert.InRange(bounded, 0, whole / 2);

        long CpuOfLooking(int most, bool isFound)
        {
            using LinkFinder finder = NewFinder(new SampleOptions { MaxInterfaces = most });
            Container container = ContainerOf(1, "/a", process);
            long before = Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID);
            for (int i = 0; i < 20; i++) Assert.Equal(isFound, finder.Find(container, process.NetInode, () => []) is not null);
            return Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) - before;
        }
    }

    [Fact]
    public void Find_exited_or_moved_process_returns_null_without_error()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        ulong inode = process.NetInode;
        Assert.Null(_finder.Find(ContainerOf(1, "/a", process), inode + 1, () => []));
        using NamespaceProcess onHost = NamespaceProcess.StartOnHost();
        Assert.Null(Find(onHost));
        _ = process.Directory;
        process.Kill();
        Assert.Null(_finder.Find(ContainerOf(1, "/a", process), inode, () => []));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Find_leaves_thread_in_own_namespace_and_nothing_open()
    {
        string home = new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
        NamespaceProcess process = NamespaceProcess.Start();
        using NamespaceProcess other = NamespaceProcess.Start();
        string host = process.Connect();

        // A runtime deletes its own pair; this one goes only with its namespace.
        string extra = NamespaceProcess.UniqueName("h");
        Command.Run("ip", "link", "add", extra, "type", "veth", "peer", "name", "extra", "netns", $"{process.Pid}");
        other.Run("ip", "link", "add", "eth5", "type", "veth", "peer", "name", "eth5", "netns", $"{process.Pid}");
        ulong inode = process.NetInode;
        Container one = ContainerOf(1, "/a", process), two = ContainerOf(2, "/b", other);
        Assert.Equal(3, _finder.Find(one, inode, () => [two])!.Links.Length);
        int open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (int i = 0; i < 100; i++) _finder.Find(one, inode, () => [two]);
        for (int i = 0; i < 100; i++) _finder.Find(two, other.NetInode, () => [one]);
        Assert.Equal(home, new FileInfo("/proc/thread-self/ns/net").LinkTarget);
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, open + 2);
        Assert.DoesNotContain(Directory.GetFileSystemEntries("/proc/self/fd"), path => new FileInfo(path).LinkTarget == $"net:[{inode}]");
        process.Kill();
        Eventually.True(() => !Directory.Exists($"/sys/class/net/{host}") && !Directory.Exists($"/sys/class/net/{extra}"), "the host's ends to vanish");
        process.Dispose();
    }

    private static Container ContainerOf(long key, string path, NamespaceProcess process) =>
        new(key, new ContainerIdentity(ContainerRuntime.Cgroup, path, $"c{key}"), path, process.Directory);

    private static long Number(string path) => long.Parse(File.ReadAllText(path).Trim());

    private NamespaceLinks? Find(NamespaceProcess process) => _finder.Find(ContainerOf(1, "/a", process), process.NetInode, () => []);

    private string[] LeadOut(Container container, params Container[] others) =>
        [.. _finder.Find(container, NamespaceProcess.NetInodeOf(container.Init!.Pid), () => others)!.Links.Where(link => link.LeadsOut).Select(link => link.Name)];

    private LinkFinder NewFinder(SampleOptions? options = null) => new(options ?? new SampleOptions(), new HostRoots(), _counters, new CapturingLogger());
}
