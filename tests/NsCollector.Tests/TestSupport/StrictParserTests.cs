namespace NsCollector.Tests.TestSupport;

/// <summary>The measure has to be right before anything is measured with it.</summary>
public sealed class StrictParserTests
{
    private const string Time = "1700000000000000000";

    [Fact]
    public void Every_kind_of_value_is_read()
    {
        Point point = Assert.Single(StrictParser.ParseAll($"m,a=x\\ y\\,z\\=,b=\"q i=-5i,f=0.5,t=true,s=\"a \\\"b\\\\,c=\" {Time}\n"));
        Assert.Equal("m", point.Measurement);
        Assert.Equal("x y,z=", point.Tags["a"]);
        Assert.Equal("\"q", point.Tags["b"]);
        Assert.Equal(-5, point.Integer("i"));
        Assert.Equal(0.5, point.Float("f"));
        Assert.Equal(true, point.Fields["t"]);
        Assert.Equal("a \"b\\,c=", point.Text("s"));
        Assert.Equal(1_700_000_000_000_000_000, point.TimestampNs);
    }

    [Theory]
    [InlineData("m v=1i 1700000000000000000")]
    [InlineData("m v=1i\n")]
    [InlineData("m v=1i 17\n")]
    [InlineData("m  v=1i 1700000000000000000\n")]
    [InlineData("m,a= v=1i 1700000000000000000\n")]
    [InlineData("m,a=b=c v=1i 1700000000000000000\n")]
    [InlineData("m,a=b,a=c v=1i 1700000000000000000\n")]
    [InlineData("m v=1i,v=2i 1700000000000000000\n")]
    [InlineData("m v=NaN 1700000000000000000\n")]
    [InlineData("m v=.5 1700000000000000000\n")]
    [InlineData("m v=1u 1700000000000000000\n")]
    [InlineData("m v=\"x 1700000000000000000\n")]
    [InlineData("m v=1i 1700000000000000000\r\n")]
    [InlineData("m v=1i 1700000000000000000\n\n")]
    [InlineData("#m v=1i 1700000000000000000\n")]
    [InlineData("m,a=b\\\\ v=1i 1700000000000000000\n")]
    [InlineData("m v=\"a\tb\" 1700000000000000000\n")]
    [InlineData("m v=1i 1700000000000000000\nm v=2i 1700000000000000000\n")]
    public void Anything_else_is_refused(string text) => Assert.Throws<FormatException>(() => StrictParser.ParseAll(text));

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused() =>
        Assert.Throws<System.Text.DecoderFallbackException>(() => StrictParser.ParseAll([.. "m v=\""u8, 0xff, .. "\" 1700000000000000000\n"u8]));

    [Fact]
    public void The_same_series_twice_at_the_same_time_is_read_where_it_may_repeat() =>
        Assert.Equal(2, StrictParser.ParseAll($"m v=1i {Time}\nm v=1i {Time}\n", mayRepeat: true).Count);
}
