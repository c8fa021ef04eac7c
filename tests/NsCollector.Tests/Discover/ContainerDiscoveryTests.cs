using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover;

/// <summary>What discovery makes of cgroup trees that no test can make on a real kernel in a moment.</summary>
public sealed class ContainerDiscoveryTests : IDisposable
{
    private const string Pod = "/kubepods/burstable/pod12345678-9abc-def0-1234-56789abcdef0";

    private readonly DiscoveryFixture _host = new();

    public void Dispose() => _host.Dispose();

    // Which container is it?

    [Fact]
    public void A_bare_id_in_a_pod_is_containerds_unless_docker_keeps_a_container_of_that_id()
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
    public void The_empty_cgroup_that_crio_makes_beside_a_sandbox_is_not_a_second_container()
    {
        string id = DiscoveryFixture.Id(7);
        _host.Make($"/kubepods.slice/crio-{id}");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal($"/kubepods.slice/crio-{id}", Assert.Single(discovery.Current.Containers).CgroupPath);
        _host.Make($"/kubepods.slice/crio-{id}.scope");
        discovery.WalkOnce();
        Assert.Equal($"/kubepods.slice/crio-{id}.scope", Assert.Single(discovery.Current.Containers).CgroupPath);
        _host.Remove($"/kubepods.slice/crio-{id}.scope");
        discovery.WalkOnce();
        Assert.Equal($"/kubepods.slice/crio-{id}", Assert.Single(discovery.Current.Containers).CgroupPath);
    }

    [Fact]
    public void A_container_cannot_take_anothers_place_or_tags_by_a_cgroup_of_its_id()
    {
        string id = DiscoveryFixture.Id(9);
        _host.WriteDockerConfig(id, "web");
        // The name sorts before "docker", so that the impostor is met first wherever order decides.
        _host.Make($"/a/lxc.payload.evil/docker/{id}");
        _host.Make($"/docker/{id}");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Container web = Assert.Single(discovery.Current.Containers, c => c.Identity.Runtime == ContainerRuntime.Docker);
        Assert.Equal(($"/docker/{id}", "web", null), (web.CgroupPath, web.Identity.Name, web.IdTag));
    }

    [Fact]
    public void A_container_in_a_container_is_one_of_its_own_and_what_else_is_inside_is_none()
    {
        string outer = DiscoveryFixture.Id(1), inner = DiscoveryFixture.Id(2);
        _host.Make($"/docker/{outer}/system.slice/docker.service");
        _host.Make($"/docker/{outer}/docker/{inner}/init.scope");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal([outer, inner], discovery.Current.Containers.Select(c => c.Identity.Id).Order());
    }

    [Fact]
    public void A_renamed_container_stays_the_same_container_under_its_new_name()
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

    // Which process is its init?

    [Fact]
    public void A_command_with_a_parenthesis_in_its_name_does_not_hide_when_it_started()
    {
        _host.Make("/lxc.payload.web", 42);
        _host.MakeProcess(42, 1);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        long bootedAtNs = Libc.ClockGettime(Libc.CLOCK_REALTIME) - Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
        // 500 ticks of 10 ms; a second for what the clocks were adjusted by meanwhile.
        Assert.InRange(Assert.Single(discovery.Current.Containers).StartedAtNs!.Value - bootedAtNs, 4_000_000_000, 6_000_000_000);
    }

    [Fact]
    public void A_monitor_inside_the_containers_cgroup_and_a_container_nested_in_it_give_it_no_init_process()
    {
        _host.Make("/lxc/web");
        _host.Make("/lxc/web/monitor", 40);
        _host.Make($"/lxc/web/docker/{DiscoveryFixture.Id(1)}", 41);
        _host.Make("/lxc/web/payload/init.scope", 42);
        foreach (int pid in (int[])[40, 41, 42]) _host.MakeProcess(pid, 1);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal(42, Assert.Single(discovery.Current.Containers, c => c.Identity.Runtime == ContainerRuntime.Lxc).Init!.Pid);
        Assert.Equal(41, Assert.Single(discovery.Current.Containers, c => c.Identity.Runtime == ContainerRuntime.Docker).Init!.Pid);
    }

    [Fact]
    public void A_process_of_a_pid_namespace_that_is_not_seen_from_here_is_no_init_process_and_no_error()
    {
        _host.Make("/lxc.payload.web", 0, 0);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Null(Assert.Single(discovery.Current.Containers).Init);
        Assert.Equal(0, _host.Counters[AgentCounter.DiscoveryErrors]);
    }

    [Fact]
    public void While_a_container_is_young_a_better_init_process_takes_the_place_of_the_runtimes_helper()
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
    public void A_grown_up_containers_init_process_is_kept_and_one_that_started_anew_in_its_cgroup_is_young_again()
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

    // Filters and names that come late

    [Fact]
    public void A_container_that_a_filter_excludes_by_name_is_never_published_under_its_id_before()
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
    public void Where_no_name_comes_within_two_seconds_a_container_goes_by_its_id_under_a_filter_too()
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
    public void A_container_that_was_there_before_the_agent_waits_for_no_name()
    {
        _host.Make("/docker/" + DiscoveryFixture.Id(1));
        using ContainerDiscovery discovery = _host.Discovery(new FilterOptions { Exclude = ["*/test-*"] });
        discovery.WalkOnce();
        Assert.Equal(DiscoveryFixture.Id(1), Assert.Single(discovery.Current.Containers).Identity.Id);
    }

    [Fact]
    public void Without_a_filter_a_new_container_without_a_name_is_published_at_once()
    {
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        _host.Make("/docker/" + DiscoveryFixture.Id(1));
        discovery.WalkOnce();
        Assert.Null(Assert.Single(discovery.Current.Containers).Identity.Name);
    }

    // Hostile trees

    [Fact]
    public void Containers_in_one_container_cannot_use_up_the_room_of_the_others()
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

        // What it gives back can be used again.
        for (int i = 0; i < tooMany; i++) Directory.Delete($"{_host.Roots.Cgroup}/lxc.payload.evil/{i}");
        discovery.WalkOnce();
        _host.Make("/lxc.payload.evil/lxc.payload.nested");
        discovery.WalkOnce();
        Assert.Contains(discovery.Current.Containers, c => c.Identity.Name == "nested");
    }

    [Fact]
    public void A_directory_whose_path_no_text_can_hold_is_counted_once_and_nothing_in_it_is_a_container()
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

        // Nor could Directory.Delete find it at the end.
        Assert.Equal(0, Libc.Renameat2(root, outer, root, "openable\0"u8, 0));
        Libc.Close(root);
    }

    [Fact]
    public void Garbage_in_cgroup_procs_and_in_proc_is_no_process_and_stops_nothing()
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
        Assert.Null(Assert.Single(discovery.Current.Containers, c => c.Identity.Name == "c").StartedAtNs);
    }
}
