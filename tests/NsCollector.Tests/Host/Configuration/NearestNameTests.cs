using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host.Configuration;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("interval", "intervall", 1)]
    [InlineData("mdoe", "mode", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void The_distance_counts_insertions_deletions_substitutions_and_swaps(string a, string b, int distance)
    {
        Assert.Equal(distance, NearestName.Distance(a, b));
        Assert.Equal(distance, NearestName.Distance(b, a));
    }

    [Theory]
    [InlineData("INTERVALL", "interval")]
    [InlineData("jiter", "jitter")]
    [InlineData("frobnicate", null)]
    [InlineData("", null)]
    public void The_nearest_is_found_unless_it_is_nothing_alike(string name, string? nearest) =>
        Assert.Equal(nearest, NearestName.Find(name, ["interval", "jitter", "host"]));

    [Fact]
    public void A_name_of_any_length_costs_little() => Assert.Null(NearestName.Find(new string('a', 1_000_000), ["interval"]));
}
