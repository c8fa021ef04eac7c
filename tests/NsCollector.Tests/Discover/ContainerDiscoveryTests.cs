using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover;

/// <summary>Discovery of cgroup trees that are hard to create on a real kernel.</summary>
public sealed class ContainerDiscoveryTests : IDisposable
{
    private const string Pod = "/kubepods/burstable/pod12345678-9abc-def0-1234-56789abcdef0";

    private readonly DiscoveryFixture _host = new();

    public void Dispose() => _host.Dispose();

    // The census

    [Fact]
    public void Container_with_a_process_but_no_sample_or_no_init_is_not_stopped()
    {
        // discovery.max_containers also bounds the listing.
        _host.WritePodmanListing(DiscoveryFixture.Id(2), DiscoveryFixture.Id(3));
        _host.MakeProcess(41, 1);
        _host.MakeProcess(43, 1);
        _host.Make(Podman(1), 41);

        // No such process in /proc.
        _host.Make(Podman(2), 42);
        using ContainerDiscovery discovery = _host.Discovery(maxContainers: 2);
        discovery.WalkOnce();
        Assert.Equal([true, false], discovery.Current.Containers.OrderBy(c => c.CgroupPath, StringComparer.Ordinal).Select(c => c.Init is not null));
        Assert.Equal(1, Stopped(discovery));

        _host.Make(Podman(3), 43);
        _host.Clock.Advance(TimeSpan.FromMinutes(2));
        discovery.WalkOnce();
        Assert.Equal(2, discovery.Current.Containers.Length);
        Assert.Equal(0, Stopped(discovery));

        static string Podman(int number) => $"/machine.slice/libpod-{DiscoveryFixture.Id(number)}.scope";
        static long Stopped(ContainerDiscovery discovery) => Assert.Single(discovery.Census!.Rows, row => row.State == RunState.Stopped && row.Runtime == ContainerRuntime.Podman).Containers;
    }

    // Which container a cgroup is

    [Fact]
    public void Bare_id_in_a_pod_is_containerds_unless_docker_has_its_state()
    {
        _host.Make($"{Pod}/{DiscoveryFixture.Id(1)}");
        _host.Make($"{Pod}/{DiscoveryFixture.Id(2)}");
        _host.WriteDockerConfig(DiscoveryFixture.Id(2), "k8s_app");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal(
            [(ContainerRuntime.Docker, "k8s_app"), (ContainerRuntime.Containerd, DiscoveryFixture.Id(1)[..12])],
            discovery.Current.Containers.Select(c => (c.Identity.Runtime, c.Identity.DisplayName)).Order());
        Assert.All(discovery.Current.Containers, c => Assert.Equal("12345678-9abc-def0-1234-56789abcdef0", c.Identity.PodUid));
    }

    [Fact]
    public void Empty_cgroup_beside_a_crio_sandbox_is_not_a_container()
    {
        string id = DiscoveryFixture.Id(7);
        _host.MakeProcess(42, 1);
        _host.Make($"/kubepods.slice/crio-{id}", 42);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal($"/kubepods.slice/crio-{id}", Assert.Single(discovery.Current.Containers).CgroupPath);
        _host.Make($"/kubepods.slice/crio-{id}.scope", 42);
        discovery.WalkOnce();
        Assert.Equal($"/kubepods.slice/crio-{id}.scope", Assert.Single(discovery.Current.Containers).CgroupPath);
        _host.Remove($"/kubepods.slice/crio-{id}.scope");
        discovery.WalkOnce();
        Assert.Equal($"/kubepods.slice/crio-{id}", Assert.Single(discovery.Current.Containers).CgroupPath);
    }

    // Recorded from CRI-O 1.37 without infra containers: the sandbox's cgroup is empty, its bundle has a name.
    [Fact]
    public void Empty_cgroup_of_a_crio_sandbox_is_not_a_container()
    {
        string sandbox = DiscoveryFixture.Id(1), app = DiscoveryFixture.Id(2), unnamed = DiscoveryFixture.Id(3);
        _host.WriteCrioBundle(sandbox, "POD", "sandbox");
        _host.WriteCrioBundle(app, "app", "container");
        _host.Make($"{Pod}/crio-{sandbox}");
        _host.Make($"{Pod}/crio-{unnamed}");
        _host.Make($"{Pod}/crio-{app}", 42);
        _host.MakeProcess(42, 1);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        _host.Clock.Advance(60_000);
        discovery.WalkOnce();
        Container only = Assert.Single(discovery.Current.Containers);
        Assert.Equal(("app", "web-0", "prod"), (only.Identity.Name, only.Identity.Pod, only.Identity.Namespace));

        // With an infra container, the sandbox has a process.
        _host.Make($"{Pod}/crio-{sandbox}", 43);
        _host.MakeProcess(43, 1);
        discovery.WalkOnce();
        Assert.Equal(["POD", "app"], discovery.Current.Containers.Select(c => c.Identity.Name).Order(StringComparer.Ordinal));
        Assert.Equal(0, _host.Counters[AgentCounter.ContainersMissed]);
    }

    [Theory]
    [InlineData("/docker/OUTER/docker/ID")]
    [InlineData("/lxc.payload.evil/system.slice/docker-ID.scope")]
    [InlineData("/user.slice/docker-OUTER.scope/user.slice/user-1000.slice/docker-ID.scope")]
    public void Container_inside_another_has_no_name_of_the_hosts_state(string path)
    {
        string id = DiscoveryFixture.Id(9);
        _host.WriteDockerConfig(id, "web");
        _host.Make(path.Replace("OUTER", DiscoveryFixture.Id(1), StringComparison.Ordinal).Replace("ID", id, StringComparison.Ordinal));
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Container inner = Assert.Single(discovery.Current.Containers, c => c.Identity.Id == id);
        Assert.Null(inner.Identity.Name);
    }

    [Fact]
    public void Cgroup_with_another_containers_id_cannot_replace_that_container()
    {
        string id = DiscoveryFixture.Id(9);
        _host.WriteDockerConfig(id, "web");
        // The name sorts before "docker", so that the impostor is found first if order matters.
        _host.Make($"/a/lxc.payload.evil/docker/{id}");
        _host.Make($"/docker/{id}");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Container web = Assert.Single(discovery.Current.Containers, c => c.Identity.Runtime == ContainerRuntime.Docker);
        Assert.Equal(($"/docker/{id}", "web", null), (web.CgroupPath, web.Identity.Name, web.IdTag));
    }

    [Fact]
    public void Nested_container_is_a_container_and_other_nested_cgroups_are_not()
    {
        string outer = DiscoveryFixture.Id(1), inner = DiscoveryFixture.Id(2);
        _host.Make($"/docker/{outer}/system.slice/docker.service", 40);
        _host.MakeProcess(40, 7, "dockerd");
        _host.Make($"/docker/{outer}/docker/{inner}");
        _host.Make($"/docker/{outer}/docker/{inner}/init.scope", 41);
        _host.MakeProcess(41, 1);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal([outer, inner], discovery.Current.Containers.Select(c => c.Identity.Id).Order());
    }

    [Fact]
    public void Renamed_container_keeps_its_key()
    {
        string id = DiscoveryFixture.Id(3);
        _host.WriteDockerConfig(id, "web");
        _host.Make("/docker/" + id, 42);
        _host.MakeProcess(42, 1);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Container before = Assert.Single(discovery.Current.Containers);
        Assert.Equal(("web", "img", 42), (before.Identity.Name, before.Identity.Image, before.Init!.Pid));
        _host.WriteDockerConfig(id, "shop");
        _host.Clock.Advance(60_000);
        discovery.WalkOnce();
        Container after = Assert.Single(discovery.Current.Containers);
        Assert.Equal("shop", after.Identity.Name);
        Assert.Equal(before.Key, after.Key);
        Assert.Same(before.Init, after.Init);
    }

    // Which process is the init process

    [Fact]
    public void Start_time_is_read_for_command_with_a_parenthesis()
    {
        _host.Make("/lxc.payload.web", 42);
        _host.MakeProcess(42, 1);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        // 500 ticks of 10 ms.
        Assert.Equal(5_000_000_000, Assert.Single(discovery.Current.Containers).StartedBoottimeNs);
    }

    [Fact]
    public void Init_process_is_not_of_monitor_or_nested_container()
    {
        _host.Make("/lxc/web");
        _host.Make("/lxc/web/monitor", 40);
        _host.Make($"/lxc/web/docker/{DiscoveryFixture.Id(1)}", 41);
        _host.Make("/lxc/web/payload/init.scope", 42);
        foreach (int pid in (int[])[40, 41, 42]) _host.MakeProcess(pid, 1);
        _host.MakeProcess(40, 1, "containerd-shim");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal(42, Assert.Single(discovery.Current.Containers, c => c.Identity.Runtime == ContainerRuntime.Lxc).Init!.Pid);
        Assert.Equal(41, Assert.Single(discovery.Current.Containers, c => c.Identity.Runtime == ContainerRuntime.Docker).Init!.Pid);
    }

    [Fact]
    public void Init_process_of_invisible_pid_namespace_is_absent_without_error()
    {
        _host.Make("/lxc.payload.web", 0, 0);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Null(Assert.Single(discovery.Current.Containers).Init);
        Assert.Equal(0, _host.Counters[AgentCounter.DiscoveryErrors]);
    }

    [Fact]
    public void Init_process_replaces_the_helper_while_container_is_young()
    {
        _host.Make("/lxc.payload.web", 40);
        _host.MakeProcess(40, 40);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Container helped = Assert.Single(discovery.Current.Containers);
        _host.MakeProcess(42, 1);
        _host.Make("/lxc.payload.web", 40, 42);
        discovery.WalkOnce();
        Container running = Assert.Single(discovery.Current.Containers);
        Assert.Equal((40, 42), (helped.Init!.Pid, running.Init!.Pid));
        Assert.Equal(helped.Key, running.Key);
    }

    [Fact]
    public void Init_process_stays_after_youth_and_a_restart_makes_it_young()
    {
        _host.Make("/lxc.payload.web", 40);
        _host.MakeProcess(40, 40);
        _host.MakeProcess(42, 1);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        _host.Clock.Advance(10_000);
        discovery.WalkOnce();
        _host.Make("/lxc.payload.web", 40, 42);
        discovery.WalkOnce();
        Assert.Equal(40, Pid());

        _host.EndProcess(40);
        _host.Make("/lxc.payload.web", 41);
        _host.MakeProcess(41, 41);
        discovery.WalkOnce();
        Assert.Equal(41, Pid());
        _host.Make("/lxc.payload.web", 41, 42);
        discovery.WalkOnce();
        Assert.Equal(42, Pid());

        int Pid() => Assert.Single(discovery.Current.Containers).Init!.Pid;
    }

    // Filters, and names that are known late

    [Fact]
    public void Container_excluded_by_name_is_never_published_under_its_id()
    {
        using ContainerDiscovery discovery = _host.Discovery(new FilterOptions { Exclude = ["*/test-*"] });
        discovery.WalkOnce();
        _host.Make("/docker/" + DiscoveryFixture.Id(1));
        _host.Make("/docker/" + DiscoveryFixture.Id(2));
        discovery.WalkOnce();
        Assert.Empty(discovery.Current.Containers);
        _host.WriteDockerConfig(DiscoveryFixture.Id(1), "test-1");
        _host.WriteDockerConfig(DiscoveryFixture.Id(2), "web");
        _host.Clock.Advance(500);
        discovery.WalkOnce();
        Assert.Equal("web", Assert.Single(discovery.Current.Containers).Identity.Name);
    }

    [Fact]
    public void Container_without_a_name_after_two_seconds_is_filtered_by_its_id()
    {
        using ContainerDiscovery discovery = _host.Discovery(new FilterOptions { Exclude = ["*/test-*"] });
        discovery.WalkOnce();
        _host.Make("/docker/" + DiscoveryFixture.Id(1));
        discovery.WalkOnce();
        _host.Clock.Advance(1_999);
        discovery.WalkOnce();
        Assert.Empty(discovery.Current.Containers);
        _host.Clock.Advance(1);
        discovery.WalkOnce();
        Assert.Equal(DiscoveryFixture.Id(1), Assert.Single(discovery.Current.Containers).Identity.Id);
    }

    [Fact]
    public void Container_older_than_the_agent_does_not_wait_for_its_name()
    {
        _host.Make("/docker/" + DiscoveryFixture.Id(1));
        using ContainerDiscovery discovery = _host.Discovery(new FilterOptions { Exclude = ["*/test-*"] });
        discovery.WalkOnce();
        Assert.Equal(DiscoveryFixture.Id(1), Assert.Single(discovery.Current.Containers).Identity.Id);
    }

    [Fact]
    public void New_container_without_name_or_filter_is_published_at_once()
    {
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        _host.Make("/docker/" + DiscoveryFixture.Id(1));
        discovery.WalkOnce();
        Assert.Null(Assert.Single(discovery.Current.Containers).Identity.Name);
    }

    // Hostile trees

    [Fact]
    public void Cgroups_inside_one_container_cannot_use_up_the_room_of_others()
    {
        int tooMany = new DiscoverOptions().MaxCgroupsInContainer + 100;
        for (int i = 0; i < tooMany; i++) Directory.CreateDirectory($"{_host.Roots.Cgroup}/lxc.payload.evil/{i}");
        using ContainerDiscovery discovery = _host.Discovery();
        for (int i = 0; i < 3; i++) discovery.WalkOnce();
        Assert.Equal(100, _host.Counters[AgentCounter.CgroupsOverLimit]);

        _host.Make("/lxc.payload.new/init.scope", 42);
        _host.MakeProcess(42, 1);
        discovery.WalkOnce();
        Assert.Equal(42, Assert.Single(discovery.Current.Containers, c => c.Identity.Name == "new").Init!.Pid);

        // The room that it frees can be used again.
        for (int i = 0; i < tooMany; i++) Directory.Delete($"{_host.Roots.Cgroup}/lxc.payload.evil/{i}");
        discovery.WalkOnce();
        _host.Make("/lxc.payload.evil/lxc.monitor.nested", 50);
        _host.Make("/lxc.payload.evil/lxc.payload.nested", 51);
        _host.MakeProcess(50, 5, "lxc-start");
        _host.MakeProcess(51, 1);
        discovery.WalkOnce();
        Assert.Contains(discovery.Current.Containers, c => c.Identity.Name == "nested");
    }

    [Fact]
    public void Directory_that_is_not_UTF8_is_counted_once_and_has_no_containers()
    {
        byte[] outer = [.. "lxc.payload."u8, 0xff, 0xfe, 0];
        byte[] inner = [.. outer[..^1], .. "/lxc.payload.inner\0"u8];
        int root = Libc.Openat(Libc.AT_FDCWD, System.Text.Encoding.UTF8.GetBytes(_host.Roots.Cgroup + "\0"), Libc.O_RDONLY | Libc.O_DIRECTORY);
        Assert.Equal(0, Libc.Mkdirat(root, outer, 0x1ED));
        Assert.Equal(0, Libc.Mkdirat(root, inner, 0x1ED));
        _host.Make("/lxc.payload.web");
        using ContainerDiscovery discovery = _host.Discovery();
        for (int i = 0; i < 3; i++) discovery.WalkOnce();
        Assert.Equal("web", Assert.Single(discovery.Current.Containers).Identity.Name);
        Assert.Equal(1, _host.Counters[AgentCounter.DiscoveryErrors]);

        // Directory.Delete could not find it at the end either.
        Assert.Equal(0, Libc.Renameat2(root, outer, root, "openable\0"u8, 0));
        Libc.Close(root);
    }

    [Fact]
    public void Garbage_in_cgroup_procs_and_proc_is_not_a_process()
    {
        _host.Make("/lxc.payload.a", 42);
        _host.Make("/lxc.payload.b", 43);
        _host.Make("/lxc.payload.c", 44);
        _host.MakeProcess(42, 1);
        _host.MakeProcess(44, 1);
        File.WriteAllText(_host.Roots.Cgroup + "/lxc.payload.b/cgroup.procs", "-7\nx\n99999999999999999999\n43\n");
        File.WriteAllText(_host.Roots.Proc + "/44/stat", "44 (x");
        File.WriteAllText(_host.Roots.Proc + "/44/status", "NSpid:");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal([42, null, 44], discovery.Current.Containers.OrderBy(c => c.Identity.Name).Select(c => c.Init?.Pid));
        Assert.Null(Assert.Single(discovery.Current.Containers, c => c.Identity.Name == "c").StartedBoottimeNs);
    }
}
