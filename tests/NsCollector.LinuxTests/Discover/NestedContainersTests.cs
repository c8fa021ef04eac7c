using System.Globalization;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Cgroups named like containers that a container creates inside its own, on the real kernel.</summary>
[Collection(NamespaceTests.Name)]
public sealed class NestedContainersTests : IDisposable
{
    private const int Many = 200;
    private const int Bound = 8;

    private readonly TestCgroups _cgroups = new();
    private readonly string _outer = "docker/" + new string('a', 64);

    public void Dispose() => _cgroups.Dispose();

    [Theory]
    [InlineData("docker-{0}.scope", "dockerd")]
    [InlineData("lxc.payload.{0}", "lxc-start")]
    public void Empty_cgroups_take_no_place_and_later_containers_are_found(string form, string program)
    {
        using var runtime = new NamedProcess(program);
        using var discovery = new RunningDiscovery(_cgroups, options => options with { CgroupPaths = [], MaxContainers = 20, MaxContainersInContainer = Bound });
        string outer = _cgroups.Make(_outer);
        _cgroups.Put(outer, runtime.Pid);
        discovery.WaitForContainer(outer);
        for (int i = 0; i < Many; i++) _cgroups.Make($"{_outer}/{form.Replace("{0}", Id(i), StringComparison.Ordinal)}");
        discovery.Walk();
        Assert.Single(discovery.Containers);
        (string next, NamespaceProcess process) = _cgroups.MakeWithProcess("docker/" + new string('b', 64));
        Assert.Equal(process.Pid, discovery.WaitForContainer(next).Init!.Pid);

        // A real one among them gets its place once it has a process.
        (string nested, NamespaceProcess inside) = _cgroups.MakeWithProcess($"{_outer}/{form.Replace("{0}", Id(Many), StringComparison.Ordinal)}");
        discovery.Walk();
        Assert.Equal(inside.Pid, discovery.WaitForContainer(nested).Init!.Pid);
        Assert.Equal(3, discovery.Containers.Length);
    }

    [Theory]
    [InlineData("sleep", 0)]
    [InlineData("dockerd", Bound)]
    public void Cgroups_with_a_process_each_are_bounded(string program, int expected)
    {
        const int some = 20;
        using var runtime = new NamedProcess(program);
        using var discovery = new RunningDiscovery(_cgroups, options => options with { CgroupPaths = [], MaxContainersInContainer = Bound });
        string outer = _cgroups.Make(_outer);
        _cgroups.Put(outer, runtime.Pid);
        for (int i = 0; i < some; i++) _cgroups.MakeWithProcess($"{_outer}/docker-{Id(i)}.scope");
        discovery.WaitForContainer(outer);
        discovery.Walk();

        // A young container without a name is held back for a while.
        Eventually.True(() => discovery.Containers.Length == 1 + expected, $"{1 + expected} containers");
        Assert.Equal(expected == 0 ? 0 : some - Bound, discovery.Counters[AgentCounter.NestedOverLimit]);
        (string next, NamespaceProcess process) = _cgroups.MakeWithProcess("docker/" + new string('b', 64));
        Assert.Equal(process.Pid, discovery.WaitForContainer(next).Init!.Pid);

        // By then, every older cgroup that may be a container is one.
        Assert.Equal(2 + expected, discovery.Containers.Length);
    }

    private static string Id(int number) => number.ToString("x64", CultureInfo.InvariantCulture);
}
