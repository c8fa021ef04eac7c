using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Walk;
using NsCollector.Linux.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

public sealed class CgroupWatchesTests : ICgroupTreeObserver
{
    [Fact]
    public void TryAdd_refused_directory_does_not_count_when_it_is_gone()
    {
        using var directory = new TemporaryDirectory();
        foreach (string name in (string[])["a.slice", "b.slice"]) Directory.CreateDirectory(Path.Combine(directory.Path, name));
        var counters = new AgentCounters();
        var options = new DiscoverOptions();

        // The root and one of the two.
        using var watches = new CgroupWatches(maxWatches: 2, counters);
        var tree = new CgroupTree(new CgroupHierarchy(directory.Path, "/", IsV2: true, []), options, new ContainerRecognisers(options), this, counters, watches);
        Walk();
        Assert.False(watches.IsComplete);
        Walk();
        Assert.False(watches.IsComplete);
        foreach (string name in (string[])["a.slice", "b.slice"])
        {
            Directory.Delete(Path.Combine(directory.Path, name));
            Walk();
        }

        Assert.True(watches.IsComplete);

        void Walk()
        {
            watches.BeginWalk();
            tree.Walk();
        }
    }

    void ICgroupTreeObserver.Appeared(CgroupTree tree, CgroupNode node)
    {
    }

    void ICgroupTreeObserver.Disappeared(CgroupTree tree, CgroupNode node)
    {
    }

    void ICgroupTreeObserver.CameAndWent(CgroupTree tree, string path, in RecognisedContainer recognised)
    {
    }
}
