using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

[Collection(NamespaceTests.Name)]
public sealed class ContainerDiscoveryTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly AgentCounters _counters = new();

    public void Dispose() => _cgroups.Dispose();

    [Fact]
    public void Walk_finds_container_with_init_process_and_start_time()
    {
        long before = Libc.ClockGettime(Libc.CLOCK_BOOTTIME) / 1_000_000;
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("web");
        using ContainerDiscovery discovery = Discovery();
        discovery.WalkOnce();
        Container container = Assert.Single(discovery.Current.Containers);
        Assert.Equal(path, container.CgroupPath);
        Assert.Equal(ContainerRuntime.Cgroup, container.Identity.Runtime);
        Assert.Equal(process.Pid, container.Init!.Pid);
        // A tick of USER_HZ, and at most a second for the start of a process.
        Assert.InRange(container.StartedBoottimeNs!.Value / 1_000_000, before - 20, before + 5000);
    }

    [Fact]
    public void Walk_finds_docker_and_lxc_below_any_parent_without_their_helpers()
    {
        string id = new('e', 64);
        _cgroups.MakeWithProcess($"docker/{id}");
        _cgroups.MakeWithProcess("lxc.payload.web");
        _cgroups.MakeWithProcess("lxc.monitor.web");
        _cgroups.MakeWithProcess($"libpod-conmon-{id}.scope");
        using ContainerDiscovery discovery = Discovery(globs: []);
        discovery.WalkOnce();
        Assert.Equal(
            [(ContainerRuntime.Docker, id), (ContainerRuntime.Lxc, "web")],
            discovery.Current.Containers.Select(container => (container.Identity.Runtime, container.Identity.Id)).Order());
    }

    [Fact]
    public void Init_process_is_found_in_child_cgroup_if_own_has_none()
    {
        string path = _cgroups.Make("deep");
        (_, NamespaceProcess process) = _cgroups.MakeWithProcess("deep/system.slice/app.service");
        using ContainerDiscovery discovery = Discovery(globs: [path]);
        discovery.WalkOnce();
        Assert.Equal(process.Pid, Assert.Single(discovery.Current.Containers).Init!.Pid);
    }

    [Fact]
    public void Init_process_is_not_the_monitor_inside_the_cgroup()
    {
        string path = _cgroups.Make("monitored");
        _cgroups.MakeWithProcess("monitored/conmon");
        (_, NamespaceProcess process) = _cgroups.MakeWithProcess("monitored/ctr");
        using ContainerDiscovery discovery = Discovery(globs: [path]);
        discovery.WalkOnce();
        Assert.Equal(process.Pid, Assert.Single(discovery.Current.Containers).Init!.Pid);
    }

    [Fact]
    public void Init_process_is_process_1_of_pid_namespace_not_the_helper_before()
    {
        string path = _cgroups.Make("helped");
        using NamespaceProcess helper = NamespaceProcess.StartOnHost();
        using var parent = NamespaceProcess.StartPidNamespace(out int child);
        _cgroups.Put(path, helper.Pid);
        _cgroups.Put(path, child);
        using ContainerDiscovery discovery = Discovery();
        discovery.WalkOnce();
        Assert.Equal(child, Assert.Single(discovery.Current.Containers).Init!.Pid);
    }

    [Fact]
    public void Empty_cgroup_is_a_container_without_init_process()
    {
        string path = _cgroups.Make("empty");
        using ContainerDiscovery discovery = Discovery();
        discovery.WalkOnce();
        Container empty = Assert.Single(discovery.Current.Containers);
        Assert.Null(empty.Init);
        using NamespaceProcess process = NamespaceProcess.StartOnHost();
        _cgroups.Put(path, process.Pid);
        discovery.WalkOnce();
        Container filled = Assert.Single(discovery.Current.Containers);
        Assert.Equal(empty.Key, filled.Key);
        Assert.Equal(process.Pid, filled.Init!.Pid);
    }

    [Fact]
    public void Init_process_restarted_in_its_cgroup_is_replaced()
    {
        (string path, NamespaceProcess first) = _cgroups.MakeWithProcess("restarted");
        using NamespaceProcess second = NamespaceProcess.StartOnHost();
        using ContainerDiscovery discovery = Discovery();
        discovery.WalkOnce();
        Container before = Assert.Single(discovery.Current.Containers);
        Assert.Equal(first.Pid, before.Init!.Pid);
        _cgroups.Put(path, second.Pid);
        first.Kill();
        discovery.WalkOnce();
        Container after = Assert.Single(discovery.Current.Containers);
        Assert.Equal(before.Key, after.Key);
        Assert.Equal(second.Pid, after.Init!.Pid);
        // Not acknowledged yet, so still open, but every look-up through it fails.
        Assert.True(before.Init.Descriptor >= 0);
        Assert.False(File.Exists($"/proc/self/fd/{before.Init.Descriptor}/stat"));
        discovery.Acknowledge(discovery.Current.Generation);
        discovery.WalkOnce();
        Assert.Equal(-1, before.Init.Descriptor);
    }

    [Fact]
    public void Cgroup_created_again_under_its_path_is_another_container()
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("again");
        using ContainerDiscovery discovery = Discovery();
        discovery.WalkOnce();
        Container first = Assert.Single(discovery.Current.Containers);
        process.Kill();
        _cgroups.Remove(path);
        _cgroups.Make("again");
        discovery.WalkOnce();
        Container second = Assert.Single(discovery.Current.Containers);
        Assert.Equal(first.CgroupPath, second.CgroupPath);
        Assert.NotEqual(first.Key, second.Key);
    }

    [Fact]
    public void Removed_container_leaves_the_list()
    {
        string path = _cgroups.Make("short");
        using ContainerDiscovery discovery = Discovery();
        discovery.WalkOnce();
        Assert.Single(discovery.Current.Containers);
        _cgroups.Remove(path);
        discovery.WalkOnce();
        Assert.Empty(discovery.Current.Containers);
    }

    [Fact]
    public void Containers_with_equal_names_get_an_id_tag()
    {
        string path = $"{_cgroups.Parent}/lxc.payload.web";
        _cgroups.Make("lxc.payload.web");
        using ContainerDiscovery discovery = Discovery(globs: []);
        discovery.WalkOnce();
        Assert.Null(Assert.Single(discovery.Current.Containers).IdTag);
        string inner = _cgroups.Make("outer/lxc.payload.web");
        discovery.WalkOnce();
        // An LXC container's id is its name, which both share: only the path distinguishes them.
        Assert.Equal([path, inner], discovery.Current.Containers.Select(container => container.IdTag));
        _cgroups.Remove(inner);
        discovery.WalkOnce();
        Assert.Null(Assert.Single(discovery.Current.Containers).IdTag);
    }

    [Fact]
    public void Filter_excludes_container()
    {
        _cgroups.MakeWithProcess("lxc.payload.web-1");
        _cgroups.MakeWithProcess("lxc.payload.test-1");
        using ContainerDiscovery discovery = Discovery(globs: [], new FilterOptions { Include = ["lxc/*-1"], Exclude = ["*/test-*"] });
        discovery.WalkOnce();
        Assert.Equal("web-1", Assert.Single(discovery.Current.Containers).Identity.Name);
    }

    [Fact]
    public void Containers_over_limit_are_counted_and_added_when_there_is_room()
    {
        string[] paths = [.. Enumerable.Range(0, 5).Select(i => _cgroups.Make($"c{i}"))];
        using ContainerDiscovery discovery = Discovery(maxContainers: 3);
        discovery.WalkOnce();
        Assert.Equal(3, discovery.Current.Containers.Length);
        Assert.Equal(2, _counters[AgentCounter.ContainersOverLimit]);
        foreach (Container container in discovery.Current.Containers.Take(2)) _cgroups.Remove(container.CgroupPath);
        discovery.WalkOnce();
        discovery.WalkOnce();
        Assert.Equal(3, discovery.Current.Containers.Length);
        Assert.Equal(paths.Length - 2, discovery.Current.Containers.Select(container => container.CgroupPath).Distinct().Count());
    }

    [Fact]
    public void Reused_pid_is_not_the_containers_init_process()
    {
        (_, NamespaceProcess process) = _cgroups.MakeWithProcess("reused");
        using ContainerDiscovery discovery = Discovery();
        discovery.WalkOnce();
        ProcessDirectory init = Assert.Single(discovery.Current.Containers).Init!;
        process.Kill();
        using Process stranger = StartWithPid(init.Pid);
        try
        {
            Assert.True(File.Exists($"/proc/{init.Pid}/stat"));
            Assert.False(File.Exists($"/proc/self/fd/{init.Descriptor}/stat"));
            discovery.WalkOnce();
            Assert.Null(Assert.Single(discovery.Current.Containers).Init);
        }
        finally
        {
            stranger.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public void Births_and_exits_leak_no_descriptor()
    {
        using ContainerDiscovery discovery = Discovery();
        discovery.WalkOnce();
        int before = Descriptors();
        for (int i = 0; i < 200; i++)
        {
            (string path, NamespaceProcess process) = _cgroups.MakeWithProcess($"c{i}");
            discovery.WalkOnce();
            Assert.NotNull(Assert.Single(discovery.Current.Containers).Init);
            process.Kill();
            _cgroups.Remove(path);
            discovery.WalkOnce();
            discovery.Acknowledge(discovery.Current.Generation);
        }

        discovery.WalkOnce();
        Assert.InRange(Descriptors(), 0, before);

        static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Count(descriptor => IsProcess(descriptor));
        static bool IsProcess(string descriptor) =>
            new FileInfo(descriptor).LinkTarget is { } target && target.StartsWith("/proc/", StringComparison.Ordinal) && char.IsDigit(target[6]);
    }

    [Fact]
    public void RequestWalk_on_running_thread_walks_before_the_interval()
    {
        using ContainerDiscovery discovery = Discovery(interval: TimeSpan.FromHours(1));
        discovery.WalkOnce();
        discovery.Start();
        string path = _cgroups.Make("late");
        discovery.RequestWalk();

        // Without inotify it walks every ten seconds.
        Eventually.True(() => discovery.Current.Containers.Length == 1, "the birth was not seen", patience: TimeSpan.FromSeconds(9));
        _cgroups.Remove(path);
        discovery.RequestWalk();
        Eventually.True(() => discovery.Current.Containers.Length == 0, "the exit was not seen", patience: TimeSpan.FromSeconds(9));
    }

    /// <summary>A shell whose child has this pid. Other processes start on this host too, so it tries until it succeeds.</summary>
    private static Process StartWithPid(int pid)
    {
        for (int attempt = 0; attempt < 500; attempt++)
        {
            var start = new ProcessStartInfo("sh", ["-c", $"echo {pid - 1} > /proc/sys/kernel/ns_last_pid; sleep 60 & echo $!; wait"]) { RedirectStandardOutput = true };
            Process shell = Process.Start(start)!;
            if (shell.StandardOutput.ReadLine() == pid.ToString(CultureInfo.InvariantCulture)) return shell;
            shell.Kill(entireProcessTree: true);
            shell.Dispose();
        }

        throw new InvalidOperationException($"pid {pid} was never given out again");
    }

    private ContainerDiscovery Discovery(string[]? globs = null, FilterOptions? filter = null, int maxContainers = 1000, TimeSpan? interval = null) => new(
        // Other containers on this host are not visible, so that they do not count.
        _cgroups.Mounts(),
        new HostRoots(),
        new DiscoverOptions
        {
            CgroupPaths = [.. globs ?? [_cgroups.Parent + "/*"]],
            Filter = filter ?? new FilterOptions(),
            MaxContainers = maxContainers,
            Interval = interval ?? TimeSpan.FromSeconds(10),
        },
        _counters,
        NullLogger.Instance);
}
