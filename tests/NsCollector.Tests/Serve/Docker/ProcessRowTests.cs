using System.Text;
using NsCollector.Linux;
using NsCollector.Serve.Docker.Top;

namespace NsCollector.Tests.Serve.Docker;

public sealed class ProcessRowTests
{
    // The name of a program may contain anything.
    private const string Stat = "42 (a) R (b c) S 7 42 42 34823 42 4194560 1 0 0 0 {0} {1} 0 0 20 0 1 0 {2} 1 1 18446744073709551615 1\n";

    private static readonly long TicksPerSecond = 1_000_000_000 / BootClock.TickNs;

    [Fact]
    public void Stat_line_is_parsed_behind_the_name()
    {
        ProcessRow row = Parse(1, 2, 3);
        Assert.Equal(new ProcessRow(42, 7, 34823, 3, 3, "a) R (b c", false), row);
        Assert.Equal("pts/7", row.TerminalText);
        Assert.Equal("[a) R (b c]", row.CommandText([]));
        Assert.Equal("sh -c x", row.CommandText("sh\0-c\0x\0"u8));

        // A process chooses its arguments; they must not control the terminal on which docker top shows them.
        Assert.Equal("sh ?[2J ??", row.CommandText("sh\0\u001b[2J\0\n\u009b\0"u8));
        Assert.Null(ProcessRow.Parse(42, "42 (x"u8));
        Assert.Null(ProcessRow.Parse(42, "42 (x) S 1 2"u8));
        Assert.Null(ProcessRow.Parse(42, []));
        Assert.Equal("[x] <defunct>", ProcessRow.Parse(42, Encoding.ASCII.GetBytes(string.Format(null, Stat, 1, 2, 3).Replace("(a) R (b c) S", "(x) Z", StringComparison.Ordinal)))!.Value.CommandText([]));
    }

    [Theory]
    [InlineData(0, "00:00:00")]
    [InlineData(59, "00:00:59")]
    [InlineData(3661, "01:01:01")]
    [InlineData(90061, "01-01:01:01")]
    public void Time_is_cut_to_seconds(int seconds, string text) => Assert.Equal(text, Parse(seconds * TicksPerSecond, TicksPerSecond - 1, 0).TimeText);

    [Theory]
    [InlineData(1, 100, "1")]
    [InlineData(50, 100, "50")]
    [InlineData(400, 100, "99")]
    [InlineData(1, 0, "0")]
    public void Share_of_a_processor_is_over_the_whole_life(int cpuSeconds, int lifeSeconds, string text)
    {
        ProcessRow row = Parse(cpuSeconds * TicksPerSecond, 0, 1000 * TicksPerSecond);
        Assert.Equal(text, row.CpuText((1000L + lifeSeconds) * 1_000_000_000));
    }

    [Theory]
    [InlineData(60, "11:59")]
    [InlineData(13 * 3600, "Mar04")]
    [InlineData(400 * 86400, "2025")]
    public void Start_is_a_time_a_day_or_a_year(int secondsAgo, string text)
    {
        var now = new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.FromHours(2));
        long uptimeNs = 500L * 86400 * 1_000_000_000;
        ProcessRow row = Parse(0, 0, (uptimeNs / BootClock.TickNs) - (secondsAgo * TicksPerSecond));
        Assert.Equal(text, row.StartText(now, uptimeNs));
    }

    [Theory]
    [InlineData("root", "root")]
    [InlineData("messages", "messages")]
    [InlineData("systemd-network", "systemd+")]
    public void User_is_cut_as_by_ps(string name, string text) => Assert.Equal(text, ProcessRow.UserText(name));

    [Theory]
    [InlineData(0, "?")]
    [InlineData((4 << 8) + 1, "tty1")]
    [InlineData((4 << 8) + 64, "ttyS0")]
    [InlineData((137 << 8) + 2, "pts/258")]
    public void Terminal_is_named_by_its_number(int number, string text) => Assert.Equal(text, (Parse(0, 0, 0) with { TerminalNumber = number }).TerminalText);

    [Theory]
    [InlineData("sh\0-c\0sleep 1;  :\0odd  name\0", "sh -c sleep 1; : odd name")]
    [InlineData("a\u001b[31m\tb\0\0c\0", "a?[31m?b c")]
    [InlineData("", "[sleep]")]
    public void Command_has_single_spaces_as_from_dockerd(string arguments, string text) =>
        Assert.Equal(text, (Parse(0, 0, 0) with { Command = "sleep", IsZombie = false }).CommandText(Encoding.UTF8.GetBytes(arguments)));

    private static ProcessRow Parse(long user, long system, long start) =>
        ProcessRow.Parse(42, Encoding.ASCII.GetBytes(string.Format(null, Stat, user, system, start)))!.Value;
}
