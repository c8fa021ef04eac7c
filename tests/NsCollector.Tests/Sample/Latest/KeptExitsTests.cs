using NsCollector.Discover;
using NsCollector.Sample.Events;
using NsCollector.Sample.Latest;

namespace NsCollector.Tests.Sample.Latest;

public sealed class KeptExitsTests
{
    private readonly KeptExits _exits = new(TimeSpan.FromSeconds(5));
    private readonly ExitSample _exit = new();

    [Fact]
    public void Exit_is_kept_for_the_time_and_no_longer()
    {
        _exits.Add(NewContainer("a"), _exit, 1_000_000_000);
        _exits.Add(NewContainer("b"), _exit, 2_000_000_000);
        Assert.Equal(2, _exits.All(6_000_000_000).Length);
        Assert.Equal("/docker/b", Assert.Single(_exits.All(6_000_000_001)).Container.CgroupPath);
        Assert.Empty(_exits.All(8_000_000_000));
    }

    [Fact]
    public void Exits_are_bounded_and_the_oldest_goes_first()
    {
        for (int i = 0; i < KeptExits.Max + 7; i++) _exits.Add(NewContainer($"{i}"), _exit, 1);
        Assert.Equal(KeptExits.Max, _exits.All(1).Length);
        Assert.Equal("/docker/7", _exits.All(1)[0].Container.CgroupPath);
    }

    [Fact]
    public void Second_exit_in_a_path_replaces_the_first()
    {
        _exits.Add(NewContainer("a"), _exit, 1);
        _exit.TimestampNs = 42;
        _exits.Add(NewContainer("a"), _exit, 2);
        Assert.Equal(42, Assert.Single(_exits.All(2)).TimestampNs);
    }

    [Fact]
    public void Nothing_is_kept_for_0()
    {
        var none = new KeptExits(TimeSpan.Zero);
        none.Add(NewContainer("a"), _exit, 1);
        Assert.Empty(none.All(1));
    }

    private static Container NewContainer(string name) =>
        new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), name, null), "/docker/" + name, null);
}
