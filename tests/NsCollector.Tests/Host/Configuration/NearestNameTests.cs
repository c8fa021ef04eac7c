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
    public void Distance_counts_inserts_deletes_substitutions_and_swaps(string a, string b, int distance)
    {
        Assert.Equal(distance, NearestName.Distance(a, b));
        Assert.Equal(distance, NearestName.Distance(b, a));
    }

    [Theory]
    [InlineData("INTERVALL", "interval")]
    [InlineData("jiter", "jitter")]
    [InlineData("frobnicate", null)]
    [InlineData("", null)]
    public void Find_returns_null_if_no_candidate_is_similar(string name, string? nearest) =>
        Assert.Equal(nearest, NearestName.Find(name, ["interval", "jitter", "host"]));

    [Fact]
    public void Find_of_very_long_name_returns_null() => Assert.Null(NearestName.Find(new string('a', 1_000_000), ["interval"]));
}
