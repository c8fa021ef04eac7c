using FsCheck;
using FsCheck.Fluent;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Tests.Host.Configuration.Values;

public sealed class ConfigurationValueTests
{
    private static readonly DurationValue Duration = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(10_000), zeroAllowed: true);
    private static readonly SizeValue Size = new(0, long.MaxValue);

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("10s", 10)]
    [InlineData("10 s", 10)]
    [InlineData("1m", 60)]
    [InlineData("2H", 7200)]
    [InlineData("7d", 604800)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void Duration_is_a_number_with_a_unit(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out TimeSpan value, out _));
        Assert.Equal(seconds, value.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("10")]
    [InlineData("1.5s")]
    [InlineData("+1s")]
    [InlineData("1s2s")]
    [InlineData("1w")]
    [InlineData("\u0661s")]
    public void Invalid_duration_is_refused(string text) => Assert.False(Duration.TryParse(text, out _, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("0.25", 0.25)]
    public void Percent_is_a_number_up_to_its_bound(string text, double percent)
    {
        Assert.True(new PercentValue(1).TryParse(text, out double value, out _));
        Assert.Equal(percent, value);
        Assert.Equal(text, new PercentValue(1).Format(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.1")]
    [InlineData("-0.5")]
    [InlineData("NaN")]
    [InlineData("1%")]
    [InlineData("1e-1")]
    [InlineData("0,5")]
    public void Invalid_percent_is_refused(string text)
    {
        Assert.False(new PercentValue(1).TryParse(text, out _, out string? problem));
        Assert.Contains("from 0 to 1", problem);
    }

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("4096", 4096L)]
    [InlineData("512KiB", 524288L)]
    [InlineData("64 mib", 67108864L)]
    [InlineData("1GiB", 1073741824L)]
    [InlineData("8388607TiB", 9223370937343148032L)]
    public void Size_is_bytes_or_a_number_with_a_binary_unit(string text, long bytes)
    {
        Assert.True(Size.TryParse(text, out long value, out _));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KiB")]
    [InlineData("1.5MiB")]
    [InlineData("64M")]
    [InlineData("64MB")]
    [InlineData("-1")]
    [InlineData("8388608TiB")]
    [InlineData("9223372036854775808")]
    public void Invalid_size_is_refused(string text) => Assert.False(Size.TryParse(text, out _, out _));

    [Fact]
    public void Formatted_value_is_parsed_as_the_same()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).Zip(Gen.Choose(0, 30)).ToArbitrary(), pair =>
        {
            long bytes = (long)pair.Item1 << pair.Item2;
            return Size.TryParse(Size.Format(bytes), out long size, out _) && size == bytes;
        }).QuickCheckThrowOnFailure();
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), milliseconds =>
        {
            TimeSpan duration = TimeSpan.FromMilliseconds(milliseconds);
            return Duration.TryParse(Duration.Format(duration), out TimeSpan value, out _) && value == duration;
        }).QuickCheckThrowOnFailure();
        FileModeValue mode = new();
        Assert.All(Enumerable.Range(0, 512), bits => Assert.True(mode.TryParse(mode.Format(bits), out int value, out _) && value == bits));
    }
}
