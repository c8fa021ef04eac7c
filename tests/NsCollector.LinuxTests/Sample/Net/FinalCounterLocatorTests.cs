using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: the peers are those of the kernel, and the search holds nothing open.</summary>
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
    public void Find_peers_have_mirrored_counters()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        using NamespaceProcess other = NamespaceProcess.Start();
        other.Connect();
        string host = process.Connect();
        process.Run("bash", "-c", $"for i in 1 2 3 4 5; do echo $i > /dev/udp/10.231.{process.Network}.1/9; done");
        FinalCounterSource source = NewLocator().Find(process.Directory, InodeOf(process))!;
        (int index, string name) = source.Peers.Single();
        Assert.Equal(host, name);
        Assert.Equal(InodeOf(process), source.NamespaceInode);
        Assert.Equal(File.ReadAllText($"/sys/class/net/{host}/ifindex").Trim(), $"{index}");

        // The two ends are read one after the other, and a packet may arrive in between.
        long[] inside = [];
        Eventually.True(
            () =>
            {
                inside = NetworkFiles.Interfaces(process.ReadProc("net/dev"))["eth0"];
                return File.ReadAllText($"/sys/class/net/{name}/statistics/rx_bytes").Trim() == $"{inside[8]}"
                    && File.ReadAllText($"/sys/class/net/{name}/statistics/tx_bytes").Trim() == $"{inside[0]}";
            },
            "both peers to have the same counters");
        Assert.True(inside[8] > 0);
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Find_peer_not_on_host_returns_null_even_if_index_exists()
    {
        using NamespaceProcess one = NamespaceProcess.Start();
        using NamespaceProcess two = NamespaceProcess.Start();

        // Both ends are outside the host's namespace, with the indexes of the host's veths.
        string host = two.Connect();
        int index = int.Parse(File.ReadAllText($"/sys/class/net/{host}/ifindex"));
        one.Run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far", "index", $"{index}", "netns", $"{two.Pid}");
        Assert.Null(NewLocator().Find(one.Directory, InodeOf(one)));

        // Both ends are in its own namespace.
        using NamespaceProcess three = NamespaceProcess.Start();
        three.Connect();
        three.Mark();
        Assert.Null(NewLocator().Find(three.Directory, InodeOf(three)));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Find_interfaces_over_limit_returns_null_and_counts()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        Command.Run("ip", "link", "add", NamespaceProcess.UniqueName("h"), "type", "veth", "peer", "name", "eth1", "netns", $"{process.Pid}");
        Assert.Null(NewLocator(new SampleOptions { MaxPeers = 1, NamespaceRoots = [] }).Find(process.Directory, InodeOf(process)));
        Assert.Equal(1, _counters[AgentCounter.PeersOverLimit]);
        Assert.Equal(2, NewLocator(new SampleOptions { MaxPeers = 2, NamespaceRoots = [] }).Find(process.Directory, InodeOf(process))!.Peers.Length);
    }

    [Fact]
    public void Find_far_over_limit_stops_listing()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.RunWithInput(string.Concat(Enumerable.Range(0, 400).Select(i => $"link add a{i} type veth peer name b{i}\n")), "ip", "-batch", "-");

        // The peers are not on the host, so none is found; only the amount listed differs.
        long unlimited = CpuTimeOfFind(800), limited = CpuTimeOfFind(8);
        Assert.Equal(20, _counters[AgentCounter.PeersOverLimit]);
        Assert.InRange(limited, 0, unlimited / 2);

        long CpuTimeOfFind(int maxPeers)
        {
            FinalCounterLocator locator = NewLocator(new SampleOptions { MaxPeers = maxPeers, NamespaceRoots = [] });
            ulong inode = InodeOf(process);
            long before = Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID);
            for (int i = 0; i < 20; i++) Assert.Null(locator.Find(process.Directory, inode));
            return Libc.ClockGettime(Libc.CLOCK_THREAD_CPUTIME_ID) - before;
        }
    }

    [Fact]
    public void Find_300_interfaces_returns_all_peers()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        string prefix = NamespaceProcess.UniqueName("h");
        Command.RunWithInput(
            string.Concat(Enumerable.Range(0, 300).Select(i => $"link add {prefix}{i:D3} type veth peer name i{i:D3} netns {process.Pid}\n")), "ip", "-batch", "-");
        FinalCounterSource source = NewLocator(new SampleOptions { MaxPeers = 300, NamespaceRoots = [] }).Find(process.Directory, InodeOf(process))!;
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{prefix}{i:D3}"), source.Peers.Select(peer => peer.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Find_exited_or_moved_process_returns_null_without_error()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        ulong inode = InodeOf(process);
        Assert.Null(NewLocator().Find(process.Directory, inode + 1));
        using NamespaceProcess onHost = NamespaceProcess.StartOnHost();
        Assert.Null(NewLocator().Find(onHost.Directory, InodeOf(onHost)));
        _ = process.Directory;
        process.Kill();
        Assert.Null(NewLocator().Find(process.Directory, inode));
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Find_leaves_thread_in_own_namespace_and_nothing_open()
    {
        string ownNamespace = new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
        NamespaceProcess process = NamespaceProcess.Start();
        string host = process.Connect();

        // A runtime deletes its own pair; this one goes only with its namespace.
        string extra = NamespaceProcess.UniqueName("h");
        Command.Run("ip", "link", "add", extra, "type", "veth", "peer", "name", "extra", "netns", $"{process.Pid}");
        FinalCounterLocator locator = NewLocator();
        ulong inode = InodeOf(process);
        Assert.Equal(2, locator.Find(process.Directory, inode)!.Peers.Length);
        int open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (int i = 0; i < 100; i++) locator.Find(process.Directory, inode);
        Assert.Equal(ownNamespace, new FileInfo("/proc/thread-self/ns/net").LinkTarget);
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, open + 2);
        Assert.DoesNotContain(
            Directory.GetFileSystemEntries("/proc/self/fd"), path => new FileInfo(path).LinkTarget == $"net:[{inode}]");
        process.Kill();
        Eventually.True(() => !Directory.Exists($"/sys/class/net/{host}") && !Directory.Exists($"/sys/class/net/{extra}"), "the host's peers to vanish");
        process.Dispose();
    }

    [Fact]
    public void Find_mounted_namespace_returns_path_until_unmounted()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        ulong inode = InodeOf(process);
        string docker = Path.Combine(_directory.Path, "run/docker/netns"), missing = Path.Combine(_directory.Path, "run/netns");
        Directory.CreateDirectory(docker);
        File.WriteAllText(Path.Combine(docker, "leftover"), "");
        var locator = new FinalCounterLocator(new SampleOptions(), new HostRoots(Run: _directory.Path + "/run"), _counters, new CapturingLogger());
        Assert.False(locator.Refresh(SystemClock.RealtimeNs()));
        Assert.Null(locator.PathOf(inode));
        Assert.Null(locator.Find(process.Directory, inode)!.NamespacePath);

        // First the file, later the mount: only the file changes the directory.
        string path = Path.Combine(docker, "1a2b");
        File.WriteAllText(path, "");
        Assert.False(locator.Refresh(SystemClock.RealtimeNs()));
        Mount(process, path);
        Assert.True(locator.Refresh(SystemClock.RealtimeNs()));
        Assert.Equal(path, locator.PathOf(inode));
        FinalCounterSource source = locator.Find(process.Directory, inode)!;
        Assert.Equal((inode, path, 0), (source.NamespaceInode, source.NamespacePath, source.Peers.Length));
        Assert.False(locator.Refresh(SystemClock.RealtimeNs()));

        // A directory that is created later.
        using NamespaceProcess other = NamespaceProcess.Start();
        Directory.CreateDirectory(missing);
        File.WriteAllText(Path.Combine(missing, "cni-1"), "");
        Mount(other, Path.Combine(missing, "cni-1"));
        Assert.True(locator.Refresh(SystemClock.RealtimeNs()));
        Assert.Equal(Path.Combine(missing, "cni-1"), locator.PathOf(InodeOf(other)));

        Unmount(path);
        File.Delete(path);
        Assert.True(locator.Refresh(SystemClock.RealtimeNs()));
        Assert.Null(locator.PathOf(inode));
        Assert.NotNull(locator.PathOf(InodeOf(other)));
        Unmount(Path.Combine(missing, "cni-1"));
        Directory.Delete(missing, true);
        Assert.True(locator.Refresh(SystemClock.RealtimeNs()));
        Assert.Null(locator.PathOf(InodeOf(other)));
    }

    [Fact]
    public void Refresh_steady_allocates_nothing_and_counts_files_over_limit()
    {
        for (int i = 0; i < 10; i++) File.WriteAllText(Path.Combine(_directory.Path, $"f{i}"), "");
        var options = new SampleOptions { NamespaceRoots = [_directory.Path, "/nowhere/netns"], MaxNamespaceFiles = 4 };
        FinalCounterLocator locator = NewLocator(options);

        // As if the files were an hour old.
        long later = SystemClock.RealtimeNs() + 3_600_000_000_000;
        locator.Refresh(later);
        Assert.Equal(6, _counters[AgentCounter.NamespaceFilesOverLimit]);
        locator.Refresh(later);
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) locator.Refresh(later);
        }));
        Assert.Equal(6, _counters[AgentCounter.NamespaceFilesOverLimit]);
    }

    private static ulong InodeOf(NamespaceProcess process) => ulong.Parse(new FileInfo($"/proc/{process.Pid}/ns/net").LinkTarget![5..^1]);

    private FinalCounterLocator NewLocator(SampleOptions? options = null) =>
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
