using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Discover.Life;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Lives of real processes in real cgroups, with watch reports that come later than other observations, or never.</summary>
[Collection(NamespaceTests.Name)]
public sealed class LifeOrderTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly ScriptedWatch _watch = new();
    private readonly AgentCounters _counters = new();
    private ContainerDiscovery? _discovery;

    public void Dispose()
    {
        _discovery?.Dispose();
        _watch.Dispose();
        _cgroups.Dispose();
    }

    [Fact]
    public void Process_found_before_the_previous_exit_report_has_its_own_exit()
    {
        (string path, NamespaceProcess first) = _cgroups.MakeWithProcess("again");
        ContainerDiscovery discovery = Discovery("/*");
        (long key, uint firstLife) = Followed(discovery, path, first);
        first.Kill();
        (_, NamespaceProcess second) = _cgroups.MakeWithProcess("again");
        discovery.WalkOnce();
        (_, uint secondLife) = Followed(discovery, path, second);
        _watch.ReportExited(key, firstLife, 3);
        discovery.WalkOnce();
        Assert.Equal(3, Assert.Single(Exits(discovery)).ExitCode);
        second.Kill();
        _watch.ReportExited(key, secondLife, 4);
        discovery.WalkOnce();
        Assert.Equal(4, Assert.Single(Exits(discovery)).ExitCode);
        Assert.Equal(2, _counters[AgentCounter.ContainersEnded]);
    }

    [Fact]
    public void Exit_after_one_that_was_never_reported_is_published_at_once()
    {
        (string path, NamespaceProcess first) = _cgroups.MakeWithProcess("untold");
        ContainerDiscovery discovery = Discovery("/*");
        (long key, _) = Followed(discovery, path, first);
        first.Kill();
        (_, NamespaceProcess second) = _cgroups.MakeWithProcess("untold");
        discovery.WalkOnce();
        (_, uint life) = Followed(discovery, path, second);
        second.Kill();
        _watch.ReportExited(key, life, 5);
        discovery.WalkOnce();
        Assert.Equal(5, Assert.Single(Exits(discovery)).ExitCode);
    }

    [Fact]
    public void Exit_is_published_if_cgroup_is_gone_before_the_watch_reports()
    {
        string path = _cgroups.Make("late");
        using var parent = NamespaceProcess.StartPidNamespace(out int child);
        _cgroups.Put(path, child);
        ContainerDiscovery discovery = Discovery("/*");
        discovery.WalkOnce();
        Container container = Assert.Single(discovery.Current.Containers, container => container.CgroupPath == path);
        Assert.Equal(child, container.Init!.Pid);

        // Until then, the container was settled.
        parent.Kill();
        _cgroups.Remove(path);
        discovery.WalkOnce();
        Assert.Empty(Exits(discovery));
        _watch.ReportExited(container.Key, _watch.Followed[container.Key].Life, 6);
        discovery.WalkOnce();
        Assert.Equal(6, Assert.Single(Exits(discovery)).ExitCode);
    }

    [Fact]
    public void Exit_is_published_once_if_cgroup_is_created_again_before_the_report()
    {
        (string path, NamespaceProcess first) = _cgroups.MakeWithProcess("renewed");
        ContainerDiscovery discovery = Discovery("/*");
        (long key, uint life) = Followed(discovery, path, first);
        first.Kill();
        _cgroups.Remove(path);
        (_, NamespaceProcess second) = _cgroups.MakeWithProcess("renewed");
        _watch.ReportExited(key, life, 0);
        discovery.WalkOnce();
        (long newKey, _) = Followed(discovery, path, second);
        Assert.NotEqual(key, newKey);

        // Discovery waits that long for a missing report of the watch.
        Thread.Sleep(1100);
        discovery.WalkOnce();
        Assert.Equal(key, Assert.Single(Exits(discovery)).Container.Key);
    }

    [Fact]
    public void Exit_of_one_of_two_containers_with_equal_names_has_its_id_tag()
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("one/web");
        _cgroups.MakeWithProcess("two/web");
        ContainerDiscovery discovery = Discovery("/*/web");
        (long key, uint life) = Followed(discovery, path, process);
        string? id = discovery.Current.Containers.Single(container => container.Key == key).IdTag;
        Assert.NotNull(id);
        process.Kill();
        _watch.ReportExited(key, life, 0);
        discovery.WalkOnce();
        Assert.Equal(id, Assert.Single(Exits(discovery)).Container.IdTag);
    }

    [Fact]
    public void Oom_before_the_name_is_known_is_published_with_the_name()
    {
        using var docker = new TemporaryDirectory();
        var clock = new SteppedClock();
        ContainerDiscovery discovery = Discovery("/none", options => options with { DockerRoots = [docker.Path], Filter = new FilterOptions { Exclude = ["lxc/*"] } }, clock);
        string id = new('7', 64);
        _cgroups.MakeWithProcess("docker/" + id);
        discovery.WalkOnce();
        _watch.ReportOom(_watch.OnlyKey);
        discovery.WalkOnce();
        Assert.False(discovery.TryDequeueEvent(out _));

        AssertPublishedWithName(discovery, docker, id, clock);
        Assert.False(discovery.TryDequeueEvent(out _));
    }

    [Fact]
    public void Oom_without_a_name_is_published_before_its_exit()
    {
        using var docker = new TemporaryDirectory();
        ContainerDiscovery discovery = Discovery("/none", options => options with { DockerRoots = [docker.Path], Filter = new FilterOptions { Exclude = ["lxc/*"] } });
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("docker/" + new string('8', 64));
        discovery.WalkOnce();
        long key = _watch.OnlyKey;
        _watch.ReportOom(key);
        process.Kill();
        _watch.ReportExited(key, _watch.Followed[key].Life, 1);
        _cgroups.Remove(path);
        List<ContainerEvent> events = [];
        Eventually.True(
            () =>
            {
                discovery.WalkOnce();
                while (discovery.TryDequeueEvent(out ContainerEvent? happened)) events.Add(happened);
                return events.Count >= 2;
            },
            "both to be told");
        Assert.IsType<ContainerOom>(events[0]);
        Assert.IsType<ContainerExit>(Assert.Single(events[1..]));
    }

    [Fact]
    public void Oom_of_container_gone_without_a_process_waits_for_the_name()
    {
        using var docker = new TemporaryDirectory();
        var clock = new SteppedClock();
        ContainerDiscovery discovery = Discovery("/none", options => options with { DockerRoots = [docker.Path], Filter = new FilterOptions { Include = ["docker/greedy"] } }, clock);
        string id = new('9', 64);
        string path = _cgroups.Make("docker/" + id);
        discovery.WalkOnce();
        _watch.ReportOom(_watch.OnlyKey);
        _cgroups.Remove(path);
        discovery.WalkOnce();
        Assert.False(discovery.TryDequeueEvent(out _));

        AssertPublishedWithName(discovery, docker, id, clock);
        discovery.WalkOnce();
        Assert.False(discovery.TryDequeueEvent(out _));
        Assert.Equal(1, _counters[AgentCounter.ContainersMissed]);
    }

    [Fact]
    public void Container_evicted_after_a_report_about_it_is_not_polled()
    {
        string empty = _cgroups.Make("empty");
        ContainerDiscovery discovery = Discovery("/*", options => options with { MaxContainers = 1 });
        _watch.ReportPopulated(_watch.OnlyKey);
        (string path, _) = _cgroups.MakeWithProcess("populated");
        discovery.WalkOnce();
        Assert.Equal(path, Assert.Single(discovery.Current.Containers).CgroupPath);

        // It has a process again, but no room: nobody would close the descriptor.
        (_, NamespaceProcess late) = _cgroups.MakeWithProcess("empty");
        discovery.Start();
        Thread.Sleep(300);
        Assert.DoesNotContain($"/proc/{late.Pid}", Directory.GetFiles("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget));
        Assert.DoesNotContain(discovery.Current.Containers, container => container.CgroupPath == empty);
    }

    /// <summary>Docker writes its file; half a second later the OOM kill is published with the name in it.</summary>
    private static void AssertPublishedWithName(ContainerDiscovery discovery, TemporaryDirectory docker, string id, SteppedClock clock)
    {
        string state = Path.Combine(docker.Path, "containers", id);
        Directory.CreateDirectory(state);
        File.WriteAllText(Path.Combine(state, "config.v2.json"), $$"""{"ID":"{{id}}","Name":"/greedy"}""");
        clock.Advance(500);
        discovery.WalkOnce();
        Assert.True(discovery.TryDequeueEvent(out ContainerEvent? happened));
        Assert.Equal("greedy", Assert.IsType<ContainerOom>(happened).Container.Identity.Name);
    }

    private ContainerDiscovery Discovery(string paths, Func<DiscoverOptions, DiscoverOptions>? options = null, TimeProvider? clock = null)
    {
        var chosen = new DiscoverOptions { Interval = TimeSpan.FromHours(1), CgroupPaths = [_cgroups.Parent + paths] };
        _discovery = new ContainerDiscovery(_cgroups.Mounts(), new HostRoots(), options?.Invoke(chosen) ?? chosen, _counters, NullLogger.Instance, _watch)
        {
            Time = clock ?? TimeProvider.System,
        };
        _discovery.WalkOnce();
        return _discovery;
    }

    private (long Key, uint Life) Followed(ContainerDiscovery discovery, string path, NamespaceProcess process)
    {
        Container container = Assert.Single(discovery.Current.Containers, container => container.CgroupPath == path && container.Init?.Pid == process.Pid);
        (int pid, uint life) = _watch.Followed[container.Key];
        Assert.Equal(process.Pid, pid);
        return (container.Key, life);
    }

    private static List<ContainerExit> Exits(ContainerDiscovery discovery)
    {
        List<ContainerExit> exits = [];
        while (discovery.TryDequeueEvent(out ContainerEvent? happened)) exits.Add(Assert.IsType<ContainerExit>(happened));
        return exits;
    }
}
