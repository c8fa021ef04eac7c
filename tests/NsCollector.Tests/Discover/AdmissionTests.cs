using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover;

/// <summary>Cgroups that are named like containers, created by whoever owns a container or is a user with a manager.</summary>
public sealed class AdmissionTests : IDisposable
{
    private const int Many = 60;
    private const int Bound = 10;

    private static readonly string Outer = $"/docker/{DiscoveryFixture.Id(1_000_000)}";

    private readonly DiscoveryFixture _host = new();
    private int _pids = 100;

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("docker-", ".scope", "sleep")]
    [InlineData("docker-", ".scope", "dockerd")]
    [InlineData("lxc.payload.", "", "lxc-start")]
    [InlineData("crio-", "", "crio")]
    public void Empty_cgroups_in_a_container_are_not_containers(string before, string after, string program)
    {
        MakeOuter(program);
        for (int i = 0; i < Many; i++) _host.Make($"{Outer}/{before}{DiscoveryFixture.Id(i)}{after}");
        using ContainerDiscovery discovery = _host.Discovery(maxContainersInContainer: Bound);
        discovery.WalkOnce();
        Assert.Equal(Outer, Assert.Single(discovery.Current.Containers).CgroupPath);

        // The warning names the container that has made them.
        Assert.Contains(_host.Log.Entries, entry => entry.Level == LogLevel.Warning && entry.Message.StartsWith(Outer + " has more than 10 cgroups", StringComparison.Ordinal));
    }

    [Fact]
    public void Cgroups_with_processes_are_not_containers_if_no_runtime_runs_there()
    {
        MakeOuter("sleep");
        for (int i = 0; i < Many; i++) MakePopulated($"{Outer}/docker-{DiscoveryFixture.Id(i)}.scope");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal(Outer, Assert.Single(discovery.Current.Containers).CgroupPath);
    }

    [Theory]
    [InlineData("docker-", ".scope", "podman")]
    [InlineData("libpod-", ".scope", "dockerd")]
    [InlineData("lxc.payload.", "", "systemd-nspawn")]
    public void Program_of_one_runtime_does_not_admit_containers_of_another(string before, string after, string program)
    {
        MakeOuter(program);
        MakePopulated($"{Outer}/{before}{DiscoveryFixture.Id(1)}{after}");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Single(discovery.Current.Containers);
    }

    [Theory]
    [InlineData("docker/{0}", "dockerd")]
    [InlineData("kubelet.slice/kubelet-kubepods.slice/cri-containerd-{0}.scope", "containerd")]
    [InlineData("libpod_parent/libpod-{0}", "conmon")]
    [InlineData("lxc.payload.{0}", "incusd")]
    public void Containers_with_their_runtime_are_admitted_up_to_the_bound(string form, string program)
    {
        MakeOuter(program);
        for (int i = 0; i < Many; i++) MakePopulated($"{Outer}/{form.Replace("{0}", DiscoveryFixture.Id(i), StringComparison.Ordinal)}");
        using ContainerDiscovery discovery = _host.Discovery(maxContainersInContainer: Bound);
        for (int walks = 0; walks < 2; walks++) discovery.WalkOnce();
        Assert.Equal(1 + Bound, discovery.Current.Containers.Length);
        Assert.Equal(Many - Bound, _host.Counters[AgentCounter.NestedOverLimit]);
        Assert.Contains(_host.Log.Messages, message => message.Contains($"inside {Outer}: ", StringComparison.Ordinal));

        // Others are not affected.
        MakePopulated($"/docker/{DiscoveryFixture.Id(5_000)}");
        discovery.WalkOnce();
        Assert.Contains(discovery.Current.Containers, container => container.Identity.Id == DiscoveryFixture.Id(5_000));
    }

    [Fact]
    public void Container_in_another_is_admitted_by_state_of_the_hosts_daemon()
    {
        string id = DiscoveryFixture.Id(3);
        MakeOuter("sleep");
        _host.Make($"{Outer}/{id}");
        _host.Make($"{Outer}/parent/{id}");
        _host.WriteDockerConfig(id, "job");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal(2, discovery.Current.Containers.Length);
        // The owner of the outer container chooses the names of cgroups in it, so the name of the host's container is not taken.
        Assert.Null(Assert.Single(discovery.Current.Containers, container => container.Identity.Id == id).Identity.Name);
    }

    [Fact]
    public void Cgroups_of_a_user_need_processes_and_are_bounded()
    {
        const string Manager = "/user.slice/user-1000.slice/user@1000.service";
        for (int i = 0; i < Many; i++) _host.Make($"{Manager}/user.slice/libpod-{DiscoveryFixture.Id(i)}.scope");
        using ContainerDiscovery discovery = _host.Discovery(maxContainersInContainer: Bound);
        discovery.WalkOnce();
        Assert.Empty(discovery.Current.Containers);
        for (int i = 0; i < Many; i++) MakePopulated($"{Manager}/user.slice/libpod-{DiscoveryFixture.Id(i)}.scope");
        discovery.WalkOnce();
        Assert.Equal(Bound, discovery.Current.Containers.Length);
    }

    // Otherwise a container could hide its network and its exit: it may create cgroups of any name and move into them.
    [Fact]
    public void Processes_in_a_cgroup_that_is_not_admitted_are_those_of_the_container()
    {
        _host.Make(Outer);
        MakePopulated($"{Outer}/docker-{DiscoveryFixture.Id(1)}.scope/docker-{DiscoveryFixture.Id(2)}.scope");
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Container only = Assert.Single(discovery.Current.Containers);
        Assert.Equal((Outer, _pids), (only.CgroupPath, only.Init?.Pid));
    }

    [Fact]
    public void Processes_of_an_admitted_container_are_not_those_of_the_outer_one()
    {
        string inner = $"{Outer}/docker-{DiscoveryFixture.Id(1)}.scope";
        _host.Make(Outer);
        _host.Make($"{Outer}/conmon", ++_pids);
        _host.MakeProcess(_pids, _pids, "dockerd");
        MakePopulated(inner);
        using ContainerDiscovery discovery = _host.Discovery();
        for (int walks = 0; walks < 2; walks++) discovery.WalkOnce();
        Assert.Equal([(Outer, null), (inner, _pids)], discovery.Current.Containers.Select(container => (container.CgroupPath, container.Init?.Pid)).Order());
    }

    [Fact]
    public void Container_over_the_limit_gives_no_process_to_the_service_around_it()
    {
        string service = "/jobs/build";
        _host.Make(service);
        MakePopulated($"/docker/{DiscoveryFixture.Id(1)}");
        using ContainerDiscovery discovery = _host.Discovery(maxContainers: 2, cgroupPaths: [service]);
        discovery.WalkOnce();
        MakePopulated($"{service}/libpod-{DiscoveryFixture.Id(2)}");
        discovery.WalkOnce();
        Assert.Equal(1, _host.Counters[AgentCounter.ContainersOverLimit]);
        Assert.Null(Assert.Single(discovery.Current.Containers, container => container.CgroupPath == service).Init);
    }

    [Fact]
    public void Container_with_a_process_takes_the_place_of_one_without()
    {
        for (int i = 0; i < 3; i++) _host.Make($"/docker/{DiscoveryFixture.Id(i)}");
        using ContainerDiscovery discovery = _host.Discovery(maxContainers: 3);
        discovery.WalkOnce();
        Assert.Equal(3, discovery.Current.Containers.Length);

        for (int i = 10; i < 14; i++) MakePopulated($"/docker/{DiscoveryFixture.Id(i)}");
        discovery.WalkOnce();
        string[] populated = [.. Enumerable.Range(10, 4).Select(DiscoveryFixture.Id)];
        Assert.All(Ids(discovery), id => Assert.Contains(id, populated));
        Assert.Equal(3, Ids(discovery).Length);

        // Those without a process return when there is room, after the others.
        string[] gone = Ids(discovery);
        foreach (string id in gone) _host.Remove($"/docker/{id}");
        for (int walks = 0; walks < 2; walks++) discovery.WalkOnce();
        Assert.Equal(3, Ids(discovery).Length);
        Assert.Single(Ids(discovery), id => populated.Contains(id));
    }

    [Fact]
    public void Container_with_a_process_takes_the_place_of_an_empty_one_of_its_owner()
    {
        MakeOuter("dockerd");
        for (int i = 0; i < Bound; i++) MakePopulated($"{Outer}/docker/{DiscoveryFixture.Id(i)}");
        using ContainerDiscovery discovery = _host.Discovery(maxContainersInContainer: Bound);
        discovery.WalkOnce();
        Assert.Equal(1 + Bound, Ids(discovery).Length);
        for (int i = 0; i < Bound; i++) _host.Make($"{Outer}/docker/{DiscoveryFixture.Id(i)}");
        for (int pid = 102; pid <= _pids; pid++) _host.EndProcess(pid);
        discovery.WalkOnce();
        MakePopulated($"{Outer}/docker/{DiscoveryFixture.Id(77)}");
        discovery.WalkOnce();
        Assert.Contains(DiscoveryFixture.Id(77), Ids(discovery));
        Assert.Equal(1 + Bound, Ids(discovery).Length);
    }

    [Fact]
    public void Warning_of_max_containers_names_the_owner_of_most()
    {
        MakeOuter("dockerd");
        for (int i = 0; i < Many; i++) MakePopulated($"{Outer}/docker/{DiscoveryFixture.Id(i)}");
        using ContainerDiscovery discovery = _host.Discovery(maxContainers: 20);
        discovery.WalkOnce();
        Assert.Contains(_host.Log.Messages, message => message.Contains($"More than 20 containers: the rest is not sampled. 19 of them are inside {Outer}.", StringComparison.Ordinal));
    }

    private static string[] Ids(ContainerDiscovery discovery) => [.. discovery.Current.Containers.Select(container => container.Identity.Id).Order()];

    private void MakeOuter(string program)
    {
        _host.Make(Outer, ++_pids);
        _host.MakeProcess(_pids, 1, program);
    }

    private void MakePopulated(string path)
    {
        _host.Make(path, ++_pids);
        _host.MakeProcess(_pids, 1);
    }
}
