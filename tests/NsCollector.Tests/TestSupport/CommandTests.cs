namespace NsCollector.Tests.TestSupport;

public sealed class CommandTests
{
    [Fact]
    public void A_program_that_fails_throws_with_what_it_said()
    {
        InvalidOperationException failed = Assert.Throws<InvalidOperationException>(() => Command.Run("sh", "-c", "echo out; echo why >&2; exit 3"));
        Assert.Contains("status 3", failed.Message, StringComparison.Ordinal);
        Assert.Contains("why", failed.Message, StringComparison.Ordinal);
        Assert.Contains("out", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_streams_are_read_to_their_end_however_long_they_are()
    {
        (int status, string output, string errors) = Command.Try("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 200000 /dev/zero | tr '\\0' o; exit 1");
        Assert.Equal((1, 200_000, 300_000), (status, output.Length, errors.Length));
    }

    [Fact]
    public void Input_longer_than_a_pipe_comes_back()
    {
        string input = string.Concat(Enumerable.Range(0, 50_000).Select(number => $"{number}\n"));
        Assert.Equal(input.TrimEnd('\n'), Command.RunWithInput(input, "cat"));
    }

    [Fact]
    public void A_program_that_succeeds_without_reading_its_input_throws()
    {
        string input = new('x', 1 << 20);
        Assert.Throws<InvalidOperationException>(() => Command.RunWithInput(input, "true"));
        Assert.Equal(1, Command.TryWithInput(input, "false").Status);
    }

    [Fact]
    public void A_program_without_input_sees_its_end() => Assert.Equal("", Command.Run("cat"));

    [Fact]
    public void A_program_that_is_not_installed_is_not_found()
    {
        Assert.Null(Command.Find("no-such-program-of-nscollector"));
        Assert.True(File.Exists(Command.Find("sh")));
    }
}
