using NsCollector.Sample.Filesystem;

namespace NsCollector.Tests.Sample.Filesystem;

public class WalkBudgetTests
{
    [Theory]
    [InlineData(1, 2_000_000, 200_000_000)]
    [InlineData(0.1, 3_000_000, 3_000_000_000)]
    public void A_slice_is_followed_by_a_pause_until_its_share_is_right(double percent, long cpuNs, long untilNs)
    {
        var budget = new WalkBudget(percent);
        Assert.False(budget.IsOff);
        Assert.Equal(0, budget.PauseNs(1));
        budget.Charge(1_000, cpuNs);
        Assert.Equal(untilNs, budget.PauseNs(1_000));
        Assert.Equal(1, budget.PauseNs(1_000 + untilNs - 1));
        Assert.Equal(0, budget.PauseNs(1_000 + untilNs));
    }

    [Fact]
    public void No_share_is_no_walk() => Assert.True(new WalkBudget(0).IsOff);
}
