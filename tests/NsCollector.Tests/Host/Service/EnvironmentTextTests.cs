using NsCollector.Host.Service;

namespace NsCollector.Tests.Host.Service;

public sealed class EnvironmentTextTests
{
    [Theory]
    [InlineData("A=one two", "one two")]
    [InlineData("  A =  one \t", "one")]
    [InlineData("A=50%%", "50%%")]
    [InlineData("A=", "")]
    [InlineData("A=b=c", "b=c")]
    [InlineData("A='one  two '", "one  two ")]
    [InlineData("A=\"one $two\" ", "one $two")]
    [InlineData("A=\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d")]
    [InlineData("A='a\\b'", "a\\b")]
    [InlineData("A=it's", "it's")]
    [InlineData("A=a\\ b\\\\", "a b\\")]
    [InlineData("A=one\\\n two", "one two")]
    [InlineData("A=\"one\\\ntwo\"", "onetwo")]
    [InlineData("A='one\ntwo'", "one\ntwo")]
    [InlineData("A='a' \"b\" c", "abc")]
    [InlineData("A=one # two", "one # two")]
    public void Parse_reads_value_as_systemd(string text, string value)
    {
        Assert.Equal([("A", value)], EnvironmentText.Parse(text));
        Assert.Equal([("A", value), ("B", "2")], EnvironmentText.Parse(text + "\nB=2\n"));
    }

    [Fact]
    public void Parse_skips_comments_and_lines_without_assignment() =>
        Assert.Equal([("A", "1"), ("B", "2")], EnvironmentText.Parse("# A=0\n\n ; A=0\nA=1\nnothing\n=x\n# continued \\\nB=2"));
}
