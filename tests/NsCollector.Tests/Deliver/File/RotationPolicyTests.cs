using NsCollector.Deliver.File;

namespace NsCollector.Tests.Deliver.File;

public class RotationPolicyTests
{
    private static readonly RotationPolicy BySize = new(100, TimeSpan.Zero, 3);

    [Theory]
    [InlineData(90, 10, false)]
    [InlineData(90, 11, true)]
    [InlineData(1, 5000, true)]
    [InlineData(5000, 1, true)]
    [InlineData(0, 5000, false)]
    public void IsDue_by_size_if_next_cycle_does_not_fit(long size, long coming, bool expected) =>
        Assert.Equal(expected, BySize.IsDue(size, TimeSpan.FromDays(9999), coming));

    [Theory]
    [InlineData(1, 59, false)]
    [InlineData(1, 60, true)]
    [InlineData(0, 600, false)]
    [InlineData(1, -5, false)]
    public void IsDue_by_age_unless_empty(long size, int ageMinutes, bool expected) =>
        Assert.Equal(expected, new RotationPolicy(0, TimeSpan.FromHours(1), 3).IsDue(size, TimeSpan.FromMinutes(ageMinutes), long.MaxValue / 2));

    [Theory]
    [InlineData(0, 3, 0, 0)]
    [InlineData(3, 3, 0, 0)]
    [InlineData(5, 3, 0, 2)]
    [InlineData(5, 0, 0, 5)]
    [InlineData(5, 0, 1, 4)]
    public void CountToRemove_returns_files_over_the_number_to_keep(int existing, int keep, int atLeast, int expected)
    {
        DateTime[] stamps = [.. Enumerable.Range(1, existing).Select(i => new DateTime(2026, 1, i))];
        Assert.Equal(expected, new RotationPolicy(1, TimeSpan.Zero, keep).CountToRemove(stamps, atLeast));
    }
}
