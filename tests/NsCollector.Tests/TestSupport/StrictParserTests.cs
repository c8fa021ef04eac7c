namespace NsCollector.Tests.TestSupport;

/// <summary>Tests the line protocol parser that other tests rely on.</summary>
public sealed class StrictParserTests
{
    private const string Time = "1700000000000000000";

    [Fact]
    public void ParseAll_reads_all_value_types()
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
    public void ParseAll_refuses_invalid_lines(string text) => Assert.Throws<FormatException>(() => StrictParser.ParseAll(text));

    [Fact]
    public void ParseAll_refuses_invalid_UTF8() =>
        Assert.Throws<System.Text.DecoderFallbackException>(() => StrictParser.ParseAll([.. "m v=\""u8, 0xff, .. "\" 1700000000000000000\n"u8]));

    [Fact]
    public void ParseAll_with_mayRepeat_accepts_duplicate_points() =>
        Assert.Equal(2, StrictParser.ParseAll($"m v=1i {Time}\nm v=1i {Time}\n", mayRepeat: true).Count);
}
