using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

public sealed class DescriptorBudgetTests
{
    [Fact]
    public void What_is_left_for_the_rest_of_the_agent_grows_with_the_containers()
    {
        var budget = new DescriptorBudget(0, 20_000, 4);
        budget.ChangeContainers(1000);

        Assert.Equal(20_000 - DescriptorBudget.GeneralReserve - 1000 * DescriptorBudget.ReservePerContainer, budget.Limit);
    }

    [Fact]
    public void The_configured_bound_holds_only_below_what_the_limit_leaves()
    {
        Assert.Equal(100, Started(new DescriptorBudget(100, 20_000, 4)).Limit);
        Assert.Equal(0, Started(new DescriptorBudget(100, 200, 4)).Limit);
    }

    [Fact]
    public void Nothing_is_taken_past_the_limit_or_of_a_rank_that_does_not_fit()
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
    public void A_container_that_comes_and_goes_at_the_limit_does_not_make_files_open_and_close()
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
    public void A_refusal_of_the_kernel_lowers_the_limit_below_what_is_held()
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
