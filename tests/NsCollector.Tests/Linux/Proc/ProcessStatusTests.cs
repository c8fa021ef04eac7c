using System.Text;
using NsCollector.Linux.Proc;

namespace NsCollector.Tests.Linux.Proc;

public sealed class ProcessStatusTests
{
    [Theory]
    [InlineData("42 (a) b) S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 8123 0 0", 8123L)]
    [InlineData("42 (sh) S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 -5 0 0", null)]
    [InlineData("42 (sh) S 1 1 1", null)]
    [InlineData("", null)]
    public void StartTicks_skips_any_command(string stat, long? ticks) =>
        Assert.Equal(ticks, ProcessStatus.StartTicks(Encoding.ASCII.GetBytes(stat)));

    [Theory]
    [InlineData("Uid:\t0\t1\nNSpid:\t42\t1\n", "42\t1")]
    [InlineData("Name:\tNSpid:\nNSpid:\t42\n", "42")]
    [InlineData("NSpid:\t42\t1", "")]
    [InlineData("NSpids:\t42\n", "")]
    [InlineData("", "")]
    public void Line_is_the_whole_line_of_the_key(string status, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(ProcessStatus.Line(Encoding.ASCII.GetBytes(status), "NSpid"u8)));
}
