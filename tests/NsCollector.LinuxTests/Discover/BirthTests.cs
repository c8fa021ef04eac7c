using System.Diagnostics;
using System.Globalization;
using NsCollector.Discover;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Births on the real kernel. These tests only walk on request, so inotify finds everything else.</summary>
[Collection(NamespaceTests.Name)]
public sealed class BirthTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();

    public void Dispose() => _cgroups.Dispose();

    [Fact]
    public void Birth_of_container_is_found_with_its_process_without_a_walk()
    {
        using var discovery = new RunningDiscovery(_cgroups);
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("web");
        Assert.Equal(process.Pid, discovery.WaitForContainer(path).Init!.Pid);
        Assert.Equal(1, discovery.Counters[AgentCounter.ContainersBorn]);
        Assert.Equal(0, discovery.Counters[AgentCounter.ContainersFoundByWalk]);
    }

    [Fact]
    public void Birth_has_its_time_only_if_inotify_reported_it()
    {
        (string before, _) = _cgroups.MakeWithProcess("before");
        using var discovery = new RunningDiscovery(_cgroups);
        Assert.Null(discovery.WaitForContainer(before).Birth);
        long fromNs = Libc.ClockGettime(Libc.CLOCK_BOOTTIME), fromRealtimeNs = Libc.ClockGettime(Libc.CLOCK_REALTIME);
        string path = _cgroups.Make("timed");
        long madeNs = Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
        Thread.Sleep(50);
        using NamespaceProcess process = NamespaceProcess.Start();
        _cgroups.Put(path, process.Pid);
        Container container = discovery.WaitForContainer(path);

        // On a busy host the event waits for the discovery thread.
        Assert.InRange(container.Birth!.BoottimeNs, fromNs, madeNs + 1_000_000_000);
        Assert.InRange(container.Birth.RealtimeNs, fromRealtimeNs, Libc.ClockGettime(Libc.CLOCK_REALTIME));

        // Whatever changes, it is the same object.
        using NamespaceProcess second = NamespaceProcess.Start();
        process.Kill();
        _cgroups.Put(path, second.Pid);
        Eventually.True(() => discovery.WaitForContainer(path).Init!.Pid == second.Pid, "its next process");
        Assert.Same(container.Birth, discovery.WaitForContainer(path).Birth);
    }

    [Fact]
    public void Birth_that_only_a_walk_found_has_no_time()
    {
        using var discovery = new RunningDiscovery(_cgroups, start: false);
        (string path, _) = _cgroups.MakeWithProcess("walked");
        discovery.Walk();

        // Without the thread, inotify's events are read before the walk.
        Assert.NotNull(discovery.WaitForContainer(path).Birth);
        using var blind = new RunningDiscovery(_cgroups, options => options with { MaxWatches = 0 });
        (string unseen, _) = _cgroups.MakeWithProcess("unseen");
        blind.Walk();
        Assert.Null(blind.WaitForContainer(unseen).Birth);
    }

    [Fact]
    public void Birth_of_empty_cgroup_is_published_once_it_has_a_process()
    {
        using var discovery = new RunningDiscovery(_cgroups);
        string path = _cgroups.Make("late");
        Thread.Sleep(300);
        Assert.Empty(discovery.Containers);
        using NamespaceProcess process = NamespaceProcess.Start();
        _cgroups.Put(path, process.Pid);
        Assert.Equal(process.Pid, discovery.WaitForContainer(path).Init!.Pid);
    }

    [Theory]
    [InlineData("container")]
    [InlineData("payload")]
    public void Birth_with_process_in_child_cgroup_is_found_without_a_walk(string below)
    {
        using var discovery = new RunningDiscovery(_cgroups, options => options with { CgroupPaths = [_cgroups.Parent + "/web"] });
        string path = _cgroups.Make("web");
        Eventually.True(() => discovery.Containers.Length == 1, "it to be published without a process");
        (_, NamespaceProcess process) = _cgroups.MakeWithProcess("web/" + below);
        Assert.Equal(process.Pid, discovery.WaitForContainer(path).Init!.Pid);
        Assert.Equal(0, discovery.Counters[AgentCounter.ContainersFoundByWalk]);
    }

    [Fact]
    public void Birth_below_new_directories_is_found()
    {
        string id = new('d', 64);
        using var discovery = new RunningDiscovery(_cgroups, options => options with { CgroupPaths = [] });
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess($"kubepods/burstable/pod{Guid.NewGuid():D}/{id}");
        Assert.Equal(process.Pid, discovery.WaitForContainer(path).Init!.Pid);

        // Directories that are created later are watched too.
        (string other, NamespaceProcess second) = _cgroups.MakeWithProcess($"some/parent/docker/{id}");
        Assert.Equal(second.Pid, discovery.WaitForContainer(other).Init!.Pid);
        Assert.Equal(0, discovery.Counters[AgentCounter.ContainersFoundByWalk]);
    }

    [Fact]
    public void Birth_of_nested_container_is_found_once_parents_held_one()
    {
        string outer = new('a', 64), first = new('b', 64), second = new('c', 64);
        using var discovery = new RunningDiscovery(_cgroups, options => options with { CgroupPaths = [] });
        using var program = new NamedProcess("dockerd");
        _cgroups.Put(_cgroups.Make($"docker/{outer}"), program.Pid);
        (string path, _) = _cgroups.MakeWithProcess($"docker/{outer}/docker/{first}");
        discovery.Walk();
        discovery.WaitForContainer(path);
        (string next, NamespaceProcess process) = _cgroups.MakeWithProcess($"docker/{outer}/docker/{second}");
        Assert.Equal(process.Pid, discovery.WaitForContainer(next).Init!.Pid);
    }

    [Fact]
    public void Birth_beyond_max_watches_is_found_by_the_walk_and_counted()
    {
        using var discovery = new RunningDiscovery(_cgroups, options => options with { MaxWatches = 0 });
        (string path, _) = _cgroups.MakeWithProcess("web");
        Thread.Sleep(300);
        Assert.Empty(discovery.Containers);
        discovery.Walk();
        discovery.WaitForContainer(path);
        Assert.Equal(1, discovery.Counters[AgentCounter.ContainersFoundByWalk]);
        Assert.True(discovery.Counters[AgentCounter.WatchesOverLimit] > 0);
    }

    [Fact]
    public void Container_over_limit_is_added_when_another_is_removed()
    {
        using var discovery = new RunningDiscovery(_cgroups, options => options with { MaxContainers = 1 });
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("first");
        discovery.WaitForContainer(path);
        (string next, NamespaceProcess second) = _cgroups.MakeWithProcess("second");
        Eventually.True(() => discovery.Counters[AgentCounter.ContainersOverLimit] == 1, "the second one to be left out");
        process.Kill();
        _cgroups.Remove(path);
        Assert.Equal(second.Pid, discovery.WaitForContainer(next).Init!.Pid);
    }

    [Fact]
    public void Cgroups_without_containers_share_a_part_of_the_watches()
    {
        // Two hierarchies, but only memory is watched.
        using var cgroups = new TestCgroups([.. _cgroups.Hierarchies.Where(hierarchy => hierarchy.EndsWith("/memory", StringComparison.Ordinal) || hierarchy.Contains("cpuacct", StringComparison.Ordinal))]);
        for (int i = 0; i < 200; i++) cgroups.Make(string.Create(CultureInfo.InvariantCulture, $"jobs/{i}"));
        using var crowded = new RunningDiscovery(cgroups, options => options with { MaxWatches = 80, CgroupPaths = [] });
        Assert.InRange(crowded.Watches, 1, 11);
        Assert.Equal(0, crowded.Counters[AgentCounter.WatchesOverLimit]);

        // A container that is created among them is still found, because its parent is likely to have containers.
        (string path, _) = cgroups.MakeWithProcess("machine.slice/libpod-" + new string('f', 64) + ".scope");
        crowded.Walk();
        crowded.WaitForContainer(path);
    }

    [Fact]
    public void Births_of_a_thousand_containers_at_once_are_all_reported()
    {
        using var discovery = new RunningDiscovery(_cgroups, options => options with { CgroupPaths = [_cgroups.Parent + "/many/*"] });
        using NamespaceProcess process = NamespaceProcess.Start();
        for (int i = 0; i < 1000; i++) _cgroups.Make(string.Create(CultureInfo.InvariantCulture, $"many/{i}"));
        Eventually.True(() => discovery.Containers.Length == 1000, "a thousand containers");
        Assert.Equal(0, discovery.Counters[AgentCounter.ContainersFoundByWalk]);
        Assert.Equal(0, discovery.Counters[AgentCounter.InotifyOverflows]);
    }

    [Fact]
    public void Missed_container_in_two_hierarchies_is_counted_once()
    {
        using var discovery = new RunningDiscovery(_cgroups, start: false);
        string standing = _cgroups.Make("standing");
        _cgroups.Make("standing/no-container-of-its-own");
        _cgroups.Remove("standing/no-container-of-its-own");
        for (int i = 0; i < 2; i++) _cgroups.Remove(_cgroups.Make("twice"));
        _cgroups.Remove(_cgroups.Make("once"));
        discovery.Walk();
        Assert.Equal(3, discovery.Counters[AgentCounter.ContainersMissed]);
        Assert.Equal(standing, Assert.Single(discovery.Containers).CgroupPath);
        discovery.Walk();
        Assert.Equal(3, discovery.Counters[AgentCounter.ContainersMissed]);
    }

    [Fact]
    public void Missed_directories_with_the_same_id_are_counted_once()
    {
        using var discovery = new RunningDiscovery(_cgroups, options => options with { CgroupPaths = [] }, start: false);
        string id = new('c', 64);
        string[] directories = [_cgroups.Make("crio-" + id), _cgroups.Make($"crio-{id}.scope")];
        foreach (string directory in directories) _cgroups.Remove(directory);
        discovery.Walk();
        Assert.Equal(1, discovery.Counters[AgentCounter.ContainersMissed]);
    }

    [Fact]
    public void Container_gone_from_one_hierarchy_only_stays_and_is_not_missed()
    {
        using var discovery = new RunningDiscovery(_cgroups, start: false);
        string path = _cgroups.Make("leaving");
        string[] left = [.. _cgroups.Hierarchies.Where(hierarchy => !hierarchy.EndsWith("unified", StringComparison.Ordinal))];
        foreach (string hierarchy in left) Directory.Delete(hierarchy + path);
        discovery.Walk();
        Assert.Equal(0, discovery.Counters[AgentCounter.ContainersMissed]);
        Assert.Equal(path, Assert.Single(discovery.Containers).CgroupPath);
        _cgroups.Remove(path);
        discovery.Walk();

        // It was published by then, so the sampler reports that it was never read.
        Assert.Empty(discovery.Containers);
        Assert.Equal(0, discovery.Counters[AgentCounter.ContainersMissed]);
    }

    [Fact]
    public void Births_in_a_burst_are_published_at_most_every_20_ms()
    {
        using var discovery = new RunningDiscovery(_cgroups, options => options with { CgroupPaths = [_cgroups.Parent + "/many/*"] });
        long generation = discovery.Generation;
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < 300; i++) _cgroups.Make(string.Create(CultureInfo.InvariantCulture, $"many/{i}"));
        Eventually.True(() => discovery.Containers.Length == 300, "all of them");
        double elapsedMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        Assert.InRange(discovery.Generation - generation, 1, (elapsedMs / 20) + 1);

        // No list is published for containers that are not published.
        generation = discovery.Generation;
        for (int i = 0; i < 10; i++) _cgroups.Remove(_cgroups.Make(string.Create(CultureInfo.InvariantCulture, $"many/brief-{i}")));
        Thread.Sleep(100);
        Assert.Equal(generation, discovery.Generation);
    }

    [Fact]
    public void Filtered_container_that_is_gone_leaves_nothing_behind()
    {
        using var discovery = new RunningDiscovery(_cgroups, options => options with { Filter = new FilterOptions { Exclude = ["cgroup/other*"] } });
        discovery.WaitForContainer(_cgroups.MakeWithProcess("shown").Path);
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("other");
        Eventually.True(() => RunningDiscovery.Held(process.Pid) > 0, "its process to be held");
        Thread.Sleep(300);
        process.Kill();
        _cgroups.Remove(path);
        Eventually.True(() => discovery.Containers.Length == 1 && RunningDiscovery.Held(process.Pid) == 0, "nothing of its process to be held", patience: TimeSpan.FromSeconds(9));
        Assert.Equal(0, discovery.Counters[AgentCounter.ContainersMissed]);
    }

    [Fact]
    public void Filtered_container_that_exits_early_has_no_exit_event()
    {
        using var discovery = new RunningDiscovery(_cgroups, options => options with { Filter = new FilterOptions { Exclude = ["cgroup/other*"] } });
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("other");

        // By then its process is followed, and its identity is not composed yet.
        Eventually.True(() => RunningDiscovery.Held(process.Pid) > 0, "its process to be held");
        process.Kill();
        _cgroups.Remove(path);
        (string shown, NamespaceProcess last) = _cgroups.MakeWithProcess("shown");
        discovery.WaitForContainer(shown);
        last.Kill();
        discovery.WaitForExit(shown);
        Thread.Sleep(1500);
        Assert.Empty(discovery.Exits(path));
        Assert.Equal(1, discovery.Counters[AgentCounter.ContainersEnded]);
    }
}
