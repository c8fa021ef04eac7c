using NsCollector.Discover;
using NsCollector.Discover.Track;

namespace NsCollector.Tests.Discover.Track;

/// <summary>Which containers of discovery a census regards as running.</summary>
public sealed class CensusContentTests : IDisposable
{
    private readonly DiscoveryFixture _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Excluded_containers_are_counted_only_if_they_have_a_process()
    {
        _host.MakeProcess(41, 1);
        _host.Make(Podman(1), 41);
        _host.Make(Podman(2));
        _host.MakeProcess(43, 1);
        _host.Make($"/system.slice/docker-{DiscoveryFixture.Id(3)}.scope", 43);
        using ContainerDiscovery discovery = _host.Discovery(new FilterOptions { Exclude = ["podman/*"] });
        discovery.WalkOnce();
        Assert.Equal(ContainerRuntime.Docker, Assert.Single(discovery.Current.Containers).Identity.Runtime);
        Assert.Equal((1, 0), (discovery.Census!.ExcludedOf(ContainerRuntime.Podman), discovery.Census.ExcludedOf(ContainerRuntime.Docker)));
    }

    [Fact]
    public void Container_without_a_process_is_stopped()
    {
        _host.WritePodmanListing(DiscoveryFixture.Id(1), DiscoveryFixture.Id(2));
        _host.MakeProcess(41, 1);
        _host.Make(Podman(1), 41);
        _host.Make(Podman(2));
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal(2, discovery.Current.Containers.Length);
        Assert.Equal(1, Stopped(discovery));
    }

    [Fact]
    public void Container_inside_another_one_is_not_one_of_the_hosts_state_files()
    {
        // Podman in a Docker container runs one with the id of a stopped one of the host.
        _host.WritePodmanListing(DiscoveryFixture.Id(2));
        string outer = $"/system.slice/docker-{DiscoveryFixture.Id(1)}.scope";
        _host.MakeProcess(41, 1, "podman");
        _host.Make(outer, 41);
        _host.MakeProcess(42, 1);
        _host.Make($"{outer}/machine.slice/libpod-{DiscoveryFixture.Id(2)}.scope", 42);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal(2, discovery.Current.Containers.Length);
        Assert.Equal(1, Stopped(discovery));
    }

    [Fact]
    public void Container_that_is_gone_is_stopped_in_the_next_census()
    {
        _host.WritePodmanListing(DiscoveryFixture.Id(1));
        _host.MakeProcess(41, 1);
        _host.Make(Podman(1), 41);
        using ContainerDiscovery discovery = _host.Discovery();
        discovery.WalkOnce();
        Assert.Equal(0, Stopped(discovery));
        _host.EndProcess(41);
        _host.Remove(Podman(1));
        discovery.WalkOnce();

        // Not before the interval.
        Assert.Equal(0, Stopped(discovery));
        _host.Clock.Advance(TimeSpan.FromMinutes(2));
        discovery.WalkOnce();
        Assert.Equal(1, Stopped(discovery));
    }

    private static string Podman(int number) => $"/machine.slice/libpod-{DiscoveryFixture.Id(number)}.scope";

    private static long Stopped(ContainerDiscovery discovery) =>
        Assert.Single(discovery.Census!.Rows, row => row.State == RunState.Stopped && row.Runtime == ContainerRuntime.Podman).Containers;
}
