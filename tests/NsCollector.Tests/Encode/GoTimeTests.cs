using NsCollector.Encode;

namespace NsCollector.Tests.Encode;

public sealed class GoTimeTests
{
    [Theory]
    [InlineData("2026-11-29T17:26:14.766413183Z", 1_795_973_174_766_413_183)]
    [InlineData("2026-11-29T17:26:14.7Z", 1_795_973_174_700_000_000)]
    [InlineData("2026-11-29T17:26:14Z", 1_795_973_174_000_000_000)]
    public void Time_of_Go_is_read_and_written_to_the_nanosecond(string text, long ns)
    {
        Assert.Equal(ns, GoTime.Parse(text));
        Assert.Equal(text, GoTime.Text(ns));
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("2026-13-29T17:26:14Z")]
    [InlineData("2026-11-29T17:26:14.")]
    [InlineData("2026-11-29 17:26:14 and more")]
    [InlineData("")]
    [InlineData(null)]
    public void Time_that_is_none_is_zero(string? text) => Assert.Equal(0, GoTime.Parse(text));

    [Fact]
    public void Offset_from_UTC_counts() => Assert.Equal(1_795_973_174_500_000_000, GoTime.Parse("2026-11-29T18:26:14.5+01:00"));

    [Fact]
    public void Zero_is_the_zero_time_of_Go() => Assert.Equal("0001-01-01T00:00:00Z", GoTime.Text(0));
}
