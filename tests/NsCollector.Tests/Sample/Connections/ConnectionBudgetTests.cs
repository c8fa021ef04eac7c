using NsCollector.Sample.Connections;

namespace NsCollector.Tests.Sample.Connections;

public sealed class ConnectionBudgetTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Allowed_over_time_is_the_share_of_a_core()
    {
        var budget = new ConnectionBudget(1, 0);
        long spentNs = 0;
        for (long nowNs = 0; nowNs <= 1000 * Second; nowNs += Second)
        {
            for (int i = budget.Allowed(nowNs); i > 0; i--)
            {
                budget.Spend(3_000_000);
                spentNs += 3_000_000;
            }
        }

        Assert.InRange(spentNs, 9.9 * Second, 10.2 * Second);
    }

    [Fact]
    public void Dump_larger_than_all_that_is_saved_is_made_and_paid_back()
    {
        var budget = new ConnectionBudget(1, 0);
        Assert.True(budget.Allowed(0) > 0);
        budget.Spend(600_000_000);
        Assert.Equal(-500_000_000, budget.LeftNs);
        Assert.Equal(0, budget.Allowed(10 * Second));
        for (int i = 2; i <= 5; i++) Assert.Equal(0, budget.Allowed(i * 10 * Second));
        Assert.Equal(1, budget.Allowed(51 * Second));
    }

    [Fact]
    public void Unused_budget_is_not_saved_for_ever()
    {
        var budget = new ConnectionBudget(1, 0);
        budget.Allowed(100_000 * Second);
        Assert.Equal(100_000_000, budget.LeftNs);
    }

    [Fact]
    public void Without_a_share_nothing_is_allowed() => Assert.Equal(0, new ConnectionBudget(0, 0).Allowed(100 * Second));
}
