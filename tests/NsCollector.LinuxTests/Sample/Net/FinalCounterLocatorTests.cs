using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Net;
using NsCollector.Sample.Traffic;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: where the last counters will be is what the kernel says, and looking for it holds nothing.</summary>
[Collection(NamespaceTests.Name)]
public sealed class FinalCounterLocatorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly AgentCounters _counters = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Locate_gives_the_links_that_lead_out_with_their_peers()
    {
        NamespaceLink eth0 = new(2, "eth0", true, 7, "veth7", 1, 2), mac0 = new(3, "mac0", true, 0, "", 1, 2), bridge = new(4, "br0", false, 0, "", 1, 2);
        FinalCounterSource source = Ends().Locate(5, new NamespaceLinks(1, 1, true, [bridge, eth0, mac0]))!;
        Assert.Equal((5UL, null), (source.NamespaceInode, source.NamespacePath));
        Assert.Equal([new FinalLink("eth0", 7, "veth7"), new FinalLink("mac0", 0, "")], source.Links.AsEnumerable());

        // Without a mount and without a peer there is nothing to read.
        Assert.Null(Ends().Locate(5, new NamespaceLinks(1, 1, true, [mac0])));
        Assert.Equal(0, _counters[AgentCounter.PeersOverLimit]);
    }

    [Fact]
    public void Locate_with_more_links_than_the_bound_counts_it()
    {
        NamespaceLinks links = new(1, 1, true, [new(2, "eth0", true, 7, "veth7", 1, 2), new(3, "eth1", true, 8, "veth8", 1, 2)]);
        Assert.Single(Ends(new SampleOptions { MaxPeers = 1, NamespaceRoots = [] }).Locate(5, links)!.Links);
        Assert.Equal(1, _counters[AgentCounter.PeersOverLimit]);
        Assert.Equal(2, Ends(new SampleOptions { MaxPeers = 2, NamespaceRoots = [] }).Locate(5, links)!.Links.Length);
    }

    [Fact]
    public void PathOf_mounted_namespace_is_found_until_unmounted()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Connect();
        ulong inode = process.NetInode;
        string docker = Path.Combine(_directory.Path, "run/docker/netns"), missing = Path.Combine(_directory.Path, "run/netns");
        Directory.CreateDirectory(docker);
        File.WriteAllText(Path.Combine(docker, "leftover"), "");
        var ends = new FinalCounterLocator(new SampleOptions(), new HostRoots(Run: _directory.Path + "/run"), _counters);
        NamespaceLinks links = new(1, 1, true, [new(2, "eth0", true, 7, "veth7", 1, 2)]);
        Assert.False(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Null(ends.PathOf(inode));
        Assert.Null(ends.Locate(inode, links)!.NamespacePath);

        // The file first, the mount over it later: the directory changes with the first only.
        string path = Path.Combine(docker, "1a2b");
        File.WriteAllText(path, "");
        Assert.False(ends.Refresh(SystemClock.RealtimeNs()));
        using var mount = new NamespaceMount(process, path);
        Assert.True(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Equal(path, ends.PathOf(inode));
        FinalCounterSource end = ends.Locate(inode, links)!;
        Assert.Equal((inode, path, 1), (end.NamespaceInode, end.NamespacePath, end.Links.Length));
        Assert.False(ends.Refresh(SystemClock.RealtimeNs()));

        // A directory that comes later.
        using NamespaceProcess other = NamespaceProcess.Start();
        Directory.CreateDirectory(missing);
        using var later = new NamespaceMount(other, Path.Combine(missing, "cni-1"));
        Assert.True(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Equal(later.Path, ends.PathOf(other.NetInode));

        mount.Dispose();
        File.Delete(path);
        Assert.True(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Null(ends.PathOf(inode));
        Assert.NotNull(ends.PathOf(other.NetInode));
        later.Dispose();
        Directory.Delete(missing, true);
        Assert.True(ends.Refresh(SystemClock.RealtimeNs()));
        Assert.Null(ends.PathOf(other.NetInode));
    }

    [Fact]
    public void Refresh_steady_allocates_nothing_and_counts_files_over_limit()
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

    private FinalCounterLocator Ends(SampleOptions? options = null) =>
        new(options ?? new SampleOptions { NamespaceRoots = [] }, new HostRoots(), _counters);
}
