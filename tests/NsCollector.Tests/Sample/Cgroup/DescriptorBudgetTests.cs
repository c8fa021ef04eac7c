using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

public sealed class DescriptorBudgetTests
{
    [Fact]
    public void Reserve_grows_with_containers()
    {
        var budget = new DescriptorBudget(0, 20_000, 4);
        budget.ChangeContainers(1000);

        Assert.Equal(20_000 - DescriptorBudget.GeneralReserve - 1000 * DescriptorBudget.ReservePerContainer, budget.Limit);
    }

    [Fact]
    public void Limit_is_lower_of_configured_and_available()
    {
        Assert.Equal(100, Started(new DescriptorBudget(100, 20_000, 4)).Limit);
        Assert.Equal(0, Started(new DescriptorBudget(100, 200, 4)).Limit);
    }

    [Fact]
    public void TryReserve_over_limit_or_rank_returns_false()
    {
        DescriptorBudget budget = Started(new DescriptorBudget(10, 20_000, 3));
        budget.ChangeWanted(0, 6);
        budget.ChangeWanted(1, 6);

        Assert.Equal(1, budget.HeldRanks);
        Assert.False(budget.TryReserve(1));
        for (int i = 0; i < 10; i++) Assert.True(budget.TryReserve(0));
        Assert.False(budget.TryReserve(0));
        budget.Release();
        Assert.True(budget.TryReserve(0));
    }

    [Fact]
    public void HeldRanks_rises_only_with_a_tenth_of_the_limit_free()
    {
        DescriptorBudget budget = Started(new DescriptorBudget(100, 20_000, 2));
        budget.ChangeWanted(0, 50);
        budget.ChangeWanted(1, 51);
        Assert.Equal(1, budget.HeldRanks);

        for (int i = 0; i < 5; i++)
        {
            budget.ChangeWanted(1, -1);
            Assert.Equal(1, budget.HeldRanks);
            budget.ChangeWanted(1, 1);
        }

        budget.ChangeWanted(1, -11);
        Assert.Equal(2, budget.HeldRanks);
    }

    [Fact]
    public void StepBack_lowers_limit_below_held()
    {
        DescriptorBudget budget = Started(new DescriptorBudget(0, 20_000, 2));
        budget.ChangeWanted(0, 100);
        for (int i = 0; i < 100; i++) budget.TryReserve(0);

        budget.StepBack();

        Assert.InRange(budget.Limit, 0, 99);
        Assert.Equal(0, budget.HeldRanks);
    }

    private static DescriptorBudget Started(DescriptorBudget budget)
    {
        budget.ChangeContainers(1);
        return budget;
    }
}
