using NsCollector.Discover;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.Latest;

namespace NsCollector.Tests.Sample.Latest;

public sealed class LatestSamplesTests
{
    private static readonly Container Container = new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64)), "/docker/a", null);

    private readonly LatestSamples _samples = new([], TimeSpan.FromMinutes(5));

    // The runtime removes the cgroup some time after the exit. With its last sample and its exit on one page, series would be there twice.
    [Theory]
    [InlineData(nameof(ContainerState.Empty), false)]
    [InlineData(nameof(ContainerState.Unknown), false)]
    [InlineData(nameof(ContainerState.Running), true)]
    [InlineData(nameof(ContainerState.Paused), true)]
    public void Sample_after_an_exit_counts_only_with_a_process(string state, bool isShown)
    {
        Cycle(ContainerState.Running);
        _samples.AcceptExit(Container, new ExitSample());
        Cycle(Enum.Parse<ContainerState>(state));

        LatestCycle cycle = _samples.Acquire();
        LatestContainer latest = Assert.Single(cycle.Containers);
        Assert.Equal(isShown, cycle.SampleOf(latest) is not null);
        Assert.Equal(isShown, Assert.Single(cycle.Exits).HasSuccessor);
        _samples.Release(cycle);
    }

    private void Cycle(ContainerState state)
    {
        _samples.BeginCycle(new ContainerList(1, [Container]));
        _samples.Accept(Container, new ContainerSample { State = state });
        _samples.EndCycle(default);
    }
}
