using NsCollector.Linux.Bpf;
using NsCollector.Sample.Cgroup.Records;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>The enumerators are those of Linux 6.18 (x86-64, from its BTF).</summary>
public sealed class MemoryStatLayoutTests
{
    private static readonly short[] Linux618 =
    [
        0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 27, -1, 36, 37, 38, 40, 41, 44, 45, 46, 47, 48, 51, 52, 53, 54, 55, 56, 57,
        0, 1, 2, 3, 32, 33, 34, 35, 28, 29, 30, 31, 23, 24, 26, 20, 21, 22, 25, 108, 109, 112, 113, 114, 81, 84, 101, 102, 57, 53, 55,
    ];

    private static KernelFacts Facts(int states, int events, RecordFields fields = RecordFields.Vmstats | RecordFields.UnderOom) =>
        new(fields, states, events, 9, [.. Linux618]);

    [Fact]
    public void Find_gives_the_order_of_stored_items()
    {
        MemoryStatLayout layout = MemoryStatLayout.Find(Facts(40, 31), out string reason)!;
        Assert.Equal("", reason);
        Assert.Equal(14, layout.IndexOf(MemoryItem.Anon));
        Assert.Equal(-1, layout.IndexOf(MemoryItem.VmallocNode));
        Assert.Equal(23, layout.IndexOf(MemoryItem.KernelStack));
        Assert.Equal(33, layout.IndexOf(MemoryItem.Swap));
        Assert.Equal(39, layout.IndexOf(MemoryItem.Zswapped));
        Assert.Equal(0, layout.IndexOf(MemoryItem.Pgin));
        Assert.Equal(12, layout.IndexOf(MemoryItem.Fault));
        Assert.Equal(30, layout.IndexOf(MemoryItem.NumaFaults));
    }

    [Fact]
    public void Find_leaves_out_items_that_came_later_than_their_enumerators()
    {
        // Without PGDEMOTE_*.
        MemoryStatLayout layout = MemoryStatLayout.Find(Facts(36, 31), out _)!;
        Assert.Equal(27, layout.IndexOf(MemoryItem.PromoteSuccess));
        Assert.Equal(-1, layout.IndexOf(MemoryItem.DemoteDirect));
        Assert.Equal(29, layout.IndexOf(MemoryItem.Swap));
    }

    [Fact]
    public void Find_uses_enumerators_if_the_array_has_all_of_them()
    {
        MemoryStatLayout layout = MemoryStatLayout.Find(Facts(58, 31), out _)!;
        Assert.Equal((17, 51, -1), (layout.IndexOf(MemoryItem.Anon), layout.IndexOf(MemoryItem.Swap), layout.IndexOf(MemoryItem.VmallocNode)));
    }

    [Fact]
    public void Find_without_cgroup_v1_has_no_pgpgin()
    {
        MemoryStatLayout layout = MemoryStatLayout.Find(Facts(40, 29, RecordFields.Vmstats), out _)!;
        Assert.Equal((-1, 0, 10), (layout.IndexOf(MemoryItem.Pgin), layout.IndexOf(MemoryItem.SwapIn), layout.IndexOf(MemoryItem.Fault)));
    }

    [Theory]
    [InlineData(41, 31, "states")]
    [InlineData(12, 31, "states")]
    [InlineData(40, 32, "events")]
    [InlineData(40, 29, "events")] // without the two of swap, or the two of huge pages
    public void Find_unknown_length_says_which(int states, int events, string expected)
    {
        Assert.Null(MemoryStatLayout.Find(Facts(states, events), out string reason));
        Assert.Contains($"{(expected == "states" ? states : events)} {expected} ", reason, StringComparison.Ordinal);
    }
}
