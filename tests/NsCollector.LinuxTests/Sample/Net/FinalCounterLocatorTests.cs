using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: where the last counters will be is what the kernel says, and looking for it holds nothing.</summary>
[Collection(NamespaceTests.Name)]
public sealed class FinalCounterLocatorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _mounted = [];
    private readonly AgentCounters _counters = new();

    public void Dispose()
    {
        foreach (string path in _mounted) Command.Run("umount", path);
        _directory.Dispose();
    }

    [Fact]
    public void The_peers_are_the_hosts_interfaces_whose_counters_mirror_those_inside()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        using NamespaceProcess other = NamespaceProcess.Start();
        other.Connect();
        string host = process.Connect();
        process.Run("bash", "-c", $"for i in 1 2 3 4 5; do echo $i > /dev/udp/10.231.{process.Network}.1/9; done");
        FinalCounterSource end = Ends().Find(process.Directory, InodeOf(process))!;
        (int index, string name) = end.Peers.Single();
        Assert.Equal(host, name);
        Assert.Equal(InodeOf(process), end.NamespaceInode);
        Assert.Equal(File.ReadAllText($"/sys/class/net/{host}/ifindex").Trim(), $"{index}");

        // The two ends are read one after the other, and an answer may come in between.
        long[] inside = [];
        Eventually.True(
            () =>
            {
                inside = NetworkFiles.Interfaces(process.ReadProc("net/dev"))["eth0"];
                return File.ReadAllText($"/sys/class/net/{name}/statistics/rx_bytes").Trim() == $"{inside[8]}"
                    && File.ReadAllText($"/sys/class/net/{name}/statistics/tx_bytes").Trim() == $"{inside[0]}";
            },
            "both ends to tell the same");
        Assert.True(inside[8] > 0);
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void A_pair_that_leads_elsewhere_than_to_the_host_is_none_though_an_interface_there_has_its_index()
    {
        using NamespaceProcess one = NamespaceProcess.Start();
        using NamespaceProcess two = NamespaceProcess.Start();

        // Both ends in other namespaces than the host's, with the indexes that the host's veths have.
        string host = two.Connect();
        int index = int.Parse(File.ReadAllText($"/sys/class/net/{host}/ifindex"));
        one.Run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far", "index", $"{index}", "netns", $"{two.Pid}");
        Assert.Null(Ends().Find(one.Directory, InodeOf(one)));

        // And both in its own.
        using NamespaceProcess three = NamespaceProcess.Start();
        three.Connect();
        three.Mark();
        Assert.Null(Ends().Find(three.Directory, InodeOf(three)));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void With_more_interfaces_than_the_bound_none_is_told_and_it_is_counted()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        Command.Run("ip", "link", "add", NamespaceProcess.UniqueName("h"), "type", "veth", "peer", "name", "eth1", "netns", $"{process.Pid}");
        Assert.Null(Ends(new SampleOptions { MaxPeers = 1, NamespaceRoots = [] }).Find(process.Directory, InodeOf(process)));
        Assert.Equal(1, _counters[AgentCounter.PeersOverLimit]);
        Assert.Equal(2, Ends(new SampleOptions { MaxPeers = 2, NamespaceRoots = [] }).Find(process.Directory, InodeOf(process))!.Peers.Length);
    }

    [Fact]
    public void A_namespace_with_far_more_interfaces_than_the_bound_is_not_listed_to_its_end()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.RunWithInput(string.Concat(Enumerable.Range(0, 400).Select(i => $"link add a{i} type veth peer name b{i}\n")), "ip", "-batch", "-");

        // The other ends are not the host's, so that what is found is nothing; what differs is how much is listed for it.
        long whole = CpuOfLooking(800), bounded = CpuOfLooking(8);
        Assert.Equal(20, _counters[AgentCounter.PeersOverLimit]);
        Assert.InRange(bounded, 0, whole / 2);

        long CpuOfLooking(int most)
        {
            FinalCounterLocator ends = Ends(new SampleOptions { MaxPeers = most, NamespaceRoots = [] });
            ulong inode = InodeOf(process);
            long before = Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID);
            for (int i = 0; i < 20; i++) Assert.Null(ends.Find(process.Directory, inode));
            return Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) - before;
        }
    }

    [Fact]
    public void Three_hundred_interfaces_are_listed_whole()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        string prefix = NamespaceProcess.UniqueName("h");
        Command.RunWithInput(
            string.Concat(Enumerable.Range(0, 300).Select(i => $"link add {prefix}{i:D3} type veth peer name i{i:D3} netns {process.Pid}\n")), "ip", "-batch", "-");
        FinalCounterSource end = Ends(new SampleOptions { MaxPeers = 300, NamespaceRoots = [] }).Find(process.Directory, InodeOf(process))!;
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{prefix}{i:D3}"), end.Peers.Select(peer => peer.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_process_that_has_ended_or_is_elsewhere_has_none_and_that_is_no_error()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        ulong inode = InodeOf(process);
        Assert.Null(Ends().Find(process.Directory, inode + 1));
        using NamespaceProcess onHost = NamespaceProcess.StartOnHost();
        Assert.Null(Ends().Find(onHost.Directory, InodeOf(onHost)));
        _ = process.Directory;
        process.Kill();
        Assert.Null(Ends().Find(process.Directory, inode));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Looking_for_them_leaves_the_thread_at_home_and_nothing_open_and_pins_no_namespace()
    {
        string home = new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
        NamespaceProcess process = NamespaceProcess.Start();
        string host = process.Connect();

        // A runtime deletes its own pair; this one goes only with its namespace.
        string extra = NamespaceProcess.UniqueName("h");
        Command.Run("ip", "link", "add", extra, "type", "veth", "peer", "name", "extra", "netns", $"{process.Pid}");
        FinalCounterLocator ends = Ends();
        ulong inode = InodeOf(process);
        Assert.Equal(2, ends.Find(process.Directory, inode)!.Peers.Length);
        int open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (int i = 0; i < 100; i++) ends.Find(process.Directory, inode);
        Assert.Equal(home, new FileInfo("/proc/thread-self/ns/net").LinkTarget);
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, open + 2);
        Assert.DoesNotContain(
            Directory.GetFileSystemEntries("/proc/self/fd"), path => new FileInfo(path).LinkTarget == $"net:[{inode}]");
        process.Kill();
        Eventually.True(() => !Directory.Exists($"/sys/class/net/{host}") && !Directory.Exists($"/sys/class/net/{extra}"), "the host's ends to vanish");
        process.Dispose();
    }

    [Fact]
    public void A_namespace_that_the_runtime_holds_is_found_by_its_file_and_forgotten_with_it()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        ulong inode = InodeOf(process);
        string docker = Path.Combine(_directory.Path, "run/docker/netns"), missing = Path.Combine(_directory.Path, "run/netns");
        Directory.CreateDirectory(docker);
        File.WriteAllText(Path.Combine(docker, "leftover"), "");
        var ends = new FinalCounterLocator(new SampleOptions(), new HostRoots(Run: _directory.Path + "/run"), _counters, new CapturingLogger());
        Assert.False(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Null(ends.PathOf(inode));
        Assert.Null(ends.Find(process.Directory, inode)!.NamespacePath);

        // The file first, the mount over it later: the directory changes with the first only.
        string path = Path.Combine(docker, "1a2b");
        File.WriteAllText(path, "");
        Assert.False(ends.Refresh(SystemClock.RealtimeNs()));
        Mount(process, path);
        Assert.True(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Equal(path, ends.PathOf(inode));
        FinalCounterSource end = ends.Find(process.Directory, inode)!;
        Assert.Equal((inode, path, 0), (end.NamespaceInode, end.NamespacePath, end.Peers.Length));
        Assert.False(ends.Refresh(SystemClock.RealtimeNs()));

        // A directory that comes later.
        using NamespaceProcess other = NamespaceProcess.Start();
        Directory.CreateDirectory(missing);
        File.WriteAllText(Path.Combine(missing, "cni-1"), "");
        Mount(other, Path.Combine(missing, "cni-1"));
        Assert.True(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Equal(Path.Combine(missing, "cni-1"), ends.PathOf(InodeOf(other)));

        Unmount(path);
        File.Delete(path);
        Assert.True(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Null(ends.PathOf(inode));
        Assert.NotNull(ends.PathOf(InodeOf(other)));
        Unmount(Path.Combine(missing, "cni-1"));
        Directory.Delete(missing, true);
        Assert.True(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Null(ends.PathOf(InodeOf(other)));
    }

    [Fact]
    public void A_settled_directory_costs_no_allocation_and_more_files_than_the_bound_are_counted()
    {
        for (int i = 0; i < 10; i++) File.WriteAllText(Path.Combine(_directory.Path, $"f{i}"), "");
        var options = new SampleOptions { NamespaceRoots = [_directory.Path, "/nowhere/netns"], MaxNamespaceFiles = 4 };
        FinalCounterLocator ends = Ends(options);

        // As if an hour had passed since the files were made.
        long later = SystemClock.RealtimeNs() + 3_600_000_000_000;
        ends.Refresh(later);
        Assert.Equal(6, _counters[AgentCounter.NamespaceFilesOverLimit]);
        ends.Refresh(later);
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) ends.Refresh(later);
        }));
        Assert.Equal(6, _counters[AgentCounter.NamespaceFilesOverLimit]);
    }

    private static ulong InodeOf(NamespaceProcess process) => ulong.Parse(new FileInfo($"/proc/{process.Pid}/ns/net").LinkTarget![5..^1]);

    private FinalCounterLocator Ends(SampleOptions? options = null) =>
        new(options ?? new SampleOptions { NamespaceRoots = [] }, new HostRoots(), _counters, new CapturingLogger());

    private void Mount(NamespaceProcess process, string path)
    {
        Command.Run("mount", "--bind", $"/proc/{process.Pid}/ns/net", path);
        _mounted.Add(path);
    }

    private void Unmount(string path)
    {
        Command.Run("umount", path);
        _mounted.Remove(path);
    }
}
