using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

public sealed class HeldFilesBudgetTests
{
    [Fact]
    public void Reserve_grows_with_containers()
    {
        var budget = new HeldFilesBudget(0, 20_000, 4);
        budget.ChangeContainers(1000);

        Assert.Equal(20_000 - HeldFilesBudget.GeneralReserve - 1000 * HeldFilesBudget.ReservePerContainer, budget.Limit);
    }

    [Fact]
    public void Limit_is_lower_of_configured_and_available()
    {
        Assert.Equal(100, Started(new HeldFilesBudget(100, 20_000, 4)).Limit);
        Assert.Equal(0, Started(new HeldFilesBudget(100, 200, 4)).Limit);
    }

    [Fact]
    public void TryReserve_over_limit_or_rank_returns_false()
    {
        HeldFilesBudget budget = Started(new HeldFilesBudget(10, 20_000, 3));
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
        HeldFilesBudget budget = Started(new HeldFilesBudget(100, 20_000, 2));
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
        HeldFilesBudget budget = Started(new HeldFilesBudget(0, 20_000, 2));
        budget.ChangeWanted(0, 100);
        for (int i = 0; i < 100; i++) budget.TryReserve(0);

        budget.StepBack();

        Assert.InRange(budget.Limit, 0, 99);
        Assert.Equal(0, budget.HeldRanks);
    }

    [Fact]
    public void Directories_come_before_files_and_need_a_tenth_free_to_return()
    {
        HeldFilesBudget budget = new(0, HeldFilesBudget.GeneralReserve + 100 * (2 + 5), 1, directories: 5);
        for (int i = 0; i < 100; i++) budget.ChangeContainers(1);
        Assert.Equal((5, 0), (budget.HeldDirectories, budget.Limit));
        budget.ChangeContainers(1);
        Assert.Equal(4, budget.HeldDirectories);
        Assert.Equal(700 - 101 * 6, budget.Limit);
        for (int i = 0; i < 4; i++) budget.ChangeContainers(-1);
        Assert.Equal(4, budget.HeldDirectories);
        for (int i = 0; i < 10; i++) budget.ChangeContainers(-1);
        Assert.Equal(5, budget.HeldDirectories);
    }

    [Fact]
    public void StepBack_without_files_gives_up_a_directory()
    {
        HeldFilesBudget budget = Started(new HeldFilesBudget(0, 20_000, 1, directories: 5));
        budget.StepBack();
        Assert.Equal(4, budget.HeldDirectories);
    }

    [Fact]
    public void Memory_lowers_the_limit_at_once_and_raises_it_once_a_minute()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["memory.stat"], "");
        SetUsage(60);
        File.WriteAllText(directory["memory.max"], $"{80 << 20}\n");
        using OwnMemoryCgroup memory = OwnMemoryCgroup.In(directory.Path, new CgroupHierarchy(directory.Path, "/", IsV2: true, []));
        HeldFilesBudget budget = Started(new HeldFilesBudget(0, 20_000, 1));
        budget.ChangeWanted(0, 1000);
        budget.SetMemoryRoom(memory, 0);

        // An eighth of the limit stays free.
        Assert.Equal((10 << 20) / HeldFilesBudget.BytesPerFile, budget.Limit);
        Assert.Equal(HeldFilesBound.Memory, budget.Bound);
        Assert.Equal(1, budget.HeldRanks);
        for (int i = 0; i < 1000; i++) Assert.True(budget.TryReserve(0));

        // The held files are charged by now, as expected.
        SetUsage(60, 1000L * HeldFilesBudget.BytesPerFile);
        Set(1);
        Assert.InRange(budget.Limit, 1000, (10 << 20) / HeldFilesBudget.BytesPerFile);

        SetUsage(71, 1000L * HeldFilesBudget.BytesPerFile);
        Set(2);
        Assert.InRange(budget.Limit, 0, 999);
        Assert.Equal(0, budget.HeldRanks);
        for (int i = 0; i < 1000; i++) budget.Release();

        SetUsage(40);
        Set(30);
        Assert.Equal(0, budget.HeldRanks);
        Set(63);
        Assert.Equal(1, budget.HeldRanks);

        void Set(long seconds)
        {
            memory.Refresh();
            budget.SetMemoryRoom(memory, seconds * 1_000_000_000);
        }

        void SetUsage(long mebibytes, long bytes = 0) => File.WriteAllText(directory["memory.current"], $"{(mebibytes << 20) + bytes}\n");
    }

    [Fact]
    public void Start_leaves_twice_as_much_memory_free_for_ten_seconds()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["memory.stat"], "");
        File.WriteAllText(directory["memory.current"], $"{60 << 20}\n");
        File.WriteAllText(directory["memory.max"], $"{80 << 20}\n");
        using OwnMemoryCgroup memory = OwnMemoryCgroup.In(directory.Path, new CgroupHierarchy(directory.Path, "/", IsV2: true, []));
        HeldFilesBudget budget = Started(new HeldFilesBudget(0, 20_000, 1));
        budget.SetMemoryRoom(memory, 0, isStarting: true);
        Assert.Equal(0, budget.Limit);
        budget.SetMemoryRoom(memory, 9_999_999_999);
        Assert.Equal(0, budget.Limit);
        budget.SetMemoryRoom(memory, 10_000_000_000);
        Assert.Equal((10 << 20) / HeldFilesBudget.BytesPerFile, budget.Limit);
    }

    [Fact]
    public void Peak_files_take_descriptors_that_held_files_leave()
    {
        const int Free = 4;
        HeldFilesBudget budget = Started(new HeldFilesBudget(0, HeldFilesBudget.GeneralReserve + HeldFilesBudget.ReservePerContainer + Free, 1, peakFilesPerContainer: 3));
        Assert.Equal(Free - 3, budget.Limit);
        for (int i = 0; i < Free; i++) Assert.True(budget.TryReservePeakFile());
        Assert.False(budget.TryReservePeakFile());
        Assert.Equal(Free - 3, budget.Limit);
        budget.ReleasePeakFile();
        Assert.True(budget.TryReservePeakFile());
    }

    [Fact]
    public void Peak_files_come_before_held_files_if_memory_is_short()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["memory.stat"], "");
        File.WriteAllText(directory["memory.limit_in_bytes"], $"{80 << 20}\n");
        File.WriteAllText(directory["memory.usage_in_bytes"], "0\n");
        using OwnMemoryCgroup memory = OwnMemoryCgroup.In(directory.Path, new CgroupHierarchy(directory.Path, "/", IsV2: false, ["memory"]));
        HeldFilesBudget budget = Started(new HeldFilesBudget(0, 20_000, 1, peakFilesPerContainer: 3));
        budget.ChangeWanted(0, 100);
        SetFree(files: 100, seconds: 0);
        Assert.Equal(100, budget.Limit);
        for (int i = 0; i < 60; i++) Assert.True(budget.TryReservePeakFile());
        Assert.Equal((40, HeldFilesBound.Memory), (budget.Limit, budget.Bound));
        Assert.False(budget.ArePeakFilesOverMemory);

        // Their memory is charged by now, and something else needs memory too.
        SetFree(files: -10, seconds: 1);
        Assert.Equal((0, true), (budget.Limit, budget.ArePeakFilesOverMemory));
        Assert.False(budget.TryReservePeakFile());
        for (int i = 0; i < 10; i++) budget.ReleasePeakFile();
        Assert.False(budget.ArePeakFilesOverMemory);

        void SetFree(int files, long seconds)
        {
            const long ReserveBytes = 80 << 20 >> 3;
            File.WriteAllText(directory["memory.usage_in_bytes"], $"{(80L << 20) - ReserveBytes - ((long)files * HeldFilesBudget.BytesPerFile)}\n");
            memory.Refresh();
            budget.SetMemoryRoom(memory, seconds * 1_000_000_000);
        }
    }

    private static HeldFilesBudget Started(HeldFilesBudget budget)
    {
        budget.ChangeContainers(1);
        return budget;
    }
}
