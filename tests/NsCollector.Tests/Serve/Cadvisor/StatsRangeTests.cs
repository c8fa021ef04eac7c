using System.Text;
using NsCollector.Serve.Cadvisor;

namespace NsCollector.Tests.Serve.Cadvisor;

public sealed class StatsRangeTests
{
    private const long Second = 1_764_434_294;

    [Theory]
    [InlineData("2025-11-29T16:38:14Z", Second * 1_000_000_000)]
    [InlineData("2025-11-29T16:38:14.732132472Z", (Second * 1_000_000_000) + 732_132_472)]
    [InlineData("2025-11-29T16:38:14.7321324729Z", (Second * 1_000_000_000) + 732_132_472)]
    [InlineData("2025-11-29T18:38:14.5+02:00", (Second * 1_000_000_000) + 500_000_000)]
    [InlineData("2025-11-29T11:08:14-05:30", Second * 1_000_000_000)]
    [InlineData("1960-01-01T00:00:00Z", -315_619_200_000_000_000)]
    [InlineData("9999-12-31T23:59:59Z", long.MaxValue)]
    [InlineData("0001-01-01T00:00:01Z", long.MinValue)]
    [InlineData("0001-01-01T00:00:00Z", null)]
    public void Time_has_nanoseconds_and_a_zone(string text, long? expected)
    {
        Assert.True(GoText.TryParseTime(text, out long? ns));
        Assert.Equal(expected, ns);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2025-11-29T16:38:14")]
    [InlineData("2025-11-29 16:38:14Z")]
    [InlineData("2025-11-29T16:38:14.Z")]
    [InlineData("2025-11-29T16:38:14.1")]
    [InlineData("2025-11-29T16:38:14+0200")]
    [InlineData("2025-11-29T16:38:14+24:00")]
    [InlineData("2025-13-29T16:38:14Z")]
    [InlineData("Sat, 29 Nov 2025 16:38:14 GMT")]
    public void Time_of_another_form_is_refused(string text) => Assert.False(GoText.TryParseTime(text, out _));

    [Fact]
    public void Body_limits_number_and_times_to_the_nanosecond()
    {
        Assert.Equal(
            new StatsRange(7, (Second * 1_000_000_000) + 1, (Second * 1_000_000_000) + 123_456_789),
            Parse("{\"num_stats\":7,\"start\":\"2025-11-29T16:38:14.000000001Z\",\"end\":\"2025-11-29T16:38:14.123456789Z\",\"other\":[{}]}"));
        Assert.Equal(new StatsRange(60, long.MinValue, long.MaxValue), Parse("{\"start\":\"0001-01-01T00:00:00Z\",\"end\":null}"));
        Assert.Equal(new StatsRange(60, long.MinValue, long.MaxValue), Parse("null"));
    }

    [Theory]
    [InlineData("[]", "it is no object")]
    [InlineData("{\"num_stats\":1.5}", "num_stats is of another type")]
    [InlineData("{\"start\":\"yesterday\"}", "a time is not in the form of RFC 3339")]
    [InlineData("{\"end\":7}", "end is of another type")]
    [InlineData("{\"a\":[[[[[[[[[[1]]]]]]]]]]}", "it is not valid JSON")]
    [InlineData("{\"start\":\"\\ud800\"}", "it is not valid JSON")]
    [InlineData("{", "it is not valid JSON")]
    public void Body_that_cannot_be_read_is_refused(string body, string reason) =>
        Assert.Equal("unable to decode the json value: " + reason, Assert.Throws<CadvisorException>(() => Parse(body)).Message);

    private static StatsRange Parse(string body) => StatsRange.Parse(Encoding.UTF8.GetBytes(body));
}
