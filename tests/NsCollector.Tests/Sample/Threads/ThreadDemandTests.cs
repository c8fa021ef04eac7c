using NsCollector.Sample.Threads;

namespace NsCollector.Tests.Sample.Threads;

public sealed class ThreadDemandTests
{
    private const long MillisecondNs = 1_000_000;

    [Fact]
    public void Work_within_70_percent_of_the_interval_needs_one_thread()
    {
        var demand = new ThreadDemand(0, 8, TimeSpan.FromSeconds(1));
        Assert.Equal(1, demand.Current);
        demand.Add(699 * MillisecondNs);
        Assert.Equal(1, demand.Current);
    }

    [Theory]
    [InlineData(701, 2)]
    [InlineData(1_500, 3)]
    [InlineData(60_000, 8)]
    public void More_work_needs_threads_up_to_the_processors(long workMs, int expected)
    {
        var demand = new ThreadDemand(0, 8, TimeSpan.FromSeconds(1));
        demand.Add(workMs * MillisecondNs);
        Assert.Equal(expected, demand.Current);
    }

    [Fact]
    public void Fewer_threads_only_when_each_of_them_has_half_an_interval_at_most()
    {
        var demand = new ThreadDemand(0, 8, TimeSpan.FromSeconds(1));
        demand.Add(800 * MillisecondNs);
        demand.Add(510 * MillisecondNs);
        Assert.Equal(2, demand.Current);
        demand.Add(490 * MillisecondNs);
        Assert.Equal(1, demand.Current);
    }

    [Fact]
    public void Configured_number_is_kept()
    {
        var demand = new ThreadDemand(3, 1, TimeSpan.FromSeconds(1));
        demand.Add(10 * MillisecondNs);
        Assert.Equal(3, demand.Current);
        demand.Add(60_000 * MillisecondNs);
        Assert.Equal(3, demand.Current);
    }
}
