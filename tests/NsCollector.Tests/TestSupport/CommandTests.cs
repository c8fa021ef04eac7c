namespace NsCollector.Tests.TestSupport;

public sealed class CommandTests
{
    [Fact]
    public void Run_of_failing_program_throws_with_output()
    {
        InvalidOperationException failed = Assert.Throws<InvalidOperationException>(() => Command.Run("sh", "-c", "echo out; echo why >&2; exit 3"));
        Assert.Contains("status 3", failed.Message, StringComparison.Ordinal);
        Assert.Contains("why", failed.Message, StringComparison.Ordinal);
        Assert.Contains("out", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Try_reads_long_output_and_errors_completely()
    {
        (int status, string output, string errors) = Command.Try("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 200000 /dev/zero | tr '\\0' o; exit 1");
        Assert.Equal((1, 200_000, 300_000), (status, output.Length, errors.Length));
    }

    [Fact]
    public void RunWithInput_passes_input_longer_than_a_pipe()
    {
        string input = string.Concat(Enumerable.Range(0, 50_000).Select(number => $"{number}\n"));
        Assert.Equal(input.TrimEnd('\n'), Command.RunWithInput(input, "cat"));
    }

    [Fact]
    public void RunWithInput_throws_if_program_succeeds_without_reading()
    {
        string input = new('x', 1 << 20);
        Assert.Throws<InvalidOperationException>(() => Command.RunWithInput(input, "true"));
        Assert.Equal(1, Command.TryWithInput(input, "false").Status);
    }

    [Fact]
    public void Run_without_input_gives_end_of_file() => Assert.Equal("", Command.Run("cat"));

    [Fact]
    public void Find_of_missing_program_returns_null()
    {
        Assert.Null(Command.Find("no-such-program-of-nscollector"));
        Assert.True(File.Exists(Command.Find("sh")));
    }
}
