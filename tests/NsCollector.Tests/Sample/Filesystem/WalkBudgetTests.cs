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
        Assert.Equal(cpuNs, budget.Charge(1_000, cpuNs));
        Assert.Equal(untilNs, budget.PauseNs(1_000));
        Assert.Equal(1, budget.PauseNs(1_000 + untilNs - 1));
        Assert.Equal(0, budget.PauseNs(1_000 + untilNs));
    }

    [Fact]
    public void A_slice_pays_for_waking_up_in_the_pause_before_it()
    {
        var budget = new WalkBudget(1);
        budget.ChargePause(300_000);
        budget.ChargePause(100_000);
        Assert.Equal(2_400_000, budget.Charge(1_000, 2_000_000));
        Assert.Equal(240_000_000, budget.PauseNs(1_000));
        Assert.Equal(1_000_000, budget.Charge(1_000, 1_000_000));
    }

    [Fact]
    public void No_share_is_no_walk() => Assert.True(new WalkBudget(0).IsOff);
}
