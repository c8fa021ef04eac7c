using NsCollector.Deliver.Influx.Answers;

namespace NsCollector.Tests.Deliver.Influx;

public class PointTextTests
{
    [Fact]
    public void TryRead_splits_line_and_unescapes_names()
    {
        PointText point = PointText.TryRead("my\\,\\ m,a\\=b=c\\ d\\,e,z=\\q f\\ 1=1,g=2i,h=\"a, b\\\"=c\",i=t,j=7u 15")!;
        Assert.Equal("my, m", point.Measurement);
        Assert.Equal([("a=b", "c d,e"), ("z", "\\q")], point.Tags);
        Assert.Equal([("f 1", "float"), ("g", "integer"), ("h", "string"), ("i", "boolean"), ("j", "unsigned")], point.Fields);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("m ")]
    [InlineData("m f")]
    [InlineData("m f=")]
    [InlineData("m f=1,")]
    [InlineData("m,a f=1")]
    [InlineData("m,a= f=1")]
    [InlineData("m f=\"")]
    [InlineData("m f=\"\\")]
    [InlineData("m f=\"a\"b 1")]
    [InlineData(",a=b f=1")]
    [InlineData("m\\")]
    public void TryRead_invalid_line_is_null(string line) => Assert.Null(PointText.TryRead(line));
}
