using NsCollector.Discover.Walk;

namespace NsCollector.Tests.Discover;

public sealed class InitCandidateTests
{
    [Theory]
    [InlineData("Name:\tsh\nPPid:\t7\nNSpid:\t42\nVmPeak:\t1 kB\n", 7, 1, false)]
    [InlineData("Name:\tsh\nPPid:\t7\nNSpid:\t42\t1\nVmPeak:\t1 kB\n", 7, 2, true)]
    [InlineData("Name:\tsh\nPPid:\t7\nNSpid:\t42\t11\t1\nNSpgid:\t1\n", 7, 3, true)]
    [InlineData("Name:\tsh\nPPid:\t7\nNSpid:\t42\t11\nNSpgid:\t1\n", 7, 2, false)]
    [InlineData("Name:\tinit\nPPid:\t0\nNSpid:\t1\n", 0, 1, false)]
    [InlineData("Name:\tsh\nPPid:\t7\n", 7, 1, false)]
    [InlineData("Name:\tsh\nPPid:\tx\nNSpid:\t\n", 0, 1, false)]
    [InlineData("", 0, 1, false)]
    [InlineData("Name:\tsh\nNSpid:\t42\t1", 0, 1, false)]
    public void Parse_reads_parent_and_levels(string status, int parent, int levels, bool isInit) =>
        Assert.Equal(new InitCandidate(42, parent, levels, isInit, long.MaxValue), InitCandidate.Parse(42, System.Text.Encoding.ASCII.GetBytes(status)));

    [Fact]
    public void CompareTo_prefers_namespace_init_then_fewest_levels_then_age()
    {
        InitCandidate supervisor = new(10, 1, 1, false, 5), init = new(90, 10, 2, true, 6), inner = new(20, 90, 3, true, 7), worker = new(30, 90, 2, false, 7);
        InitCandidate[] expected = [init, inner, supervisor, worker];
        AssertOrder(expected, byLevels: false);
        AssertOrder([supervisor, init, worker, inner], byLevels: true);
    }

    [Fact]
    public void CompareTo_unknown_start_is_the_youngest() =>
        Assert.True(new InitCandidate(9, 0, 1, false, 8).CompareTo(new InitCandidate(2, 0, 1, false, long.MaxValue), byLevels: false) < 0);

    private static void AssertOrder(InitCandidate[] expected, bool byLevels)
    {
        var sorted = expected.Reverse().ToList();
        sorted.Sort((a, b) => a.CompareTo(b, byLevels));
        Assert.Equal(expected, sorted);
    }
}
