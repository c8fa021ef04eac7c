namespace NsCollector.Tests.Cli;

/// <summary>Runs the built program and checks exit status, standard output and standard error.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData]
    [InlineData("bogus")]
    [InlineData("run", "--bogus")]
    [InlineData("run", "extra")]
    [InlineData("sample", "--interval", "5")]
    [InlineData("sample", "--count", "0")]
    [InlineData("sample", "--count", "many")]
    [InlineData("sample", "--format", "xml")]
    [InlineData("version", "--proc", "/nowhere")]
    [InlineData("run", "--config")]
    public void Invalid_command_line_exits_with_2_and_names_reason(params string[] arguments)
    {
        (int exitCode, string output, string error) = NsCollectorProcess.Run(arguments);
        Assert.Equal(2, exitCode);
        Assert.StartsWith("nscollector: ", error, StringComparison.Ordinal);
        Assert.Contains("--help", error, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Theory]
    [InlineData("versoin: unknown command; did you mean version?", "versoin")]
    [InlineData("lst: unknown command; did you mean list?", "spool", "lst")]
    [InlineData("--fromat: unknown option; did you mean --format?", "sample", "--fromat", "json")]
    [InlineData("--porc: unknown option; did you mean --proc?", "run", "--porc", "/proc")]
    [InlineData("--version: unknown option", "run", "--version")]
    [InlineData("extra: unexpected argument", "run", "extra")]
    [InlineData("a command is missing; the commands are run, sample, check, spool, version")]
    [InlineData("a command is missing; the commands are list, show, drop", "spool")]
    public void Invalid_command_line_suggests_nearest_name_on_one_line(string problem, params string[] arguments)
    {
        (int exitCode, _, string error) = NsCollectorProcess.Run(arguments);
        Assert.Equal(2, exitCode);
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["nscollector: " + problem, lines[1]], lines);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("sample")]
    [InlineData("check")]
    public void Invalid_configuration_exits_with_78_and_lists_all_errors(string verb)
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("nscollector.conf", "[agent]\nintervall = 10s\n");
        (int exitCode, _, string error) = NsCollectorProcess.Run([verb, "--config", file, "--set", "network:mode=visti"], new() { ["NSCOLLECTOR_agent__align"] = "maybe" });
        Assert.Equal(78, exitCode);
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains($"{file}:2: [agent] intervall", lines[0], StringComparison.Ordinal);
        Assert.Contains("did you mean interval?", lines[0], StringComparison.Ordinal);
        Assert.Contains("environment NSCOLLECTOR_agent__align: [agent] align = maybe", lines[1], StringComparison.Ordinal);
        Assert.Contains("--set: [network] mode = visti: did you mean visit?", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_of_config_option_exits_with_78()
    {
        (int exitCode, _, string error) = NsCollectorProcess.Run(["run", "--config", "/nowhere/nscollector.conf"]);
        Assert.Equal(78, exitCode);
        Assert.Contains("/nowhere/nscollector.conf: no such file", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_lists_commands_and_exits_with_0()
    {
        (int exitCode, string output, _) = NsCollectorProcess.Run(["--help"]);
        Assert.Equal(0, exitCode);
        foreach (string verb in (string[])["run", "sample", "check", "spool", "version"]) Assert.Contains("\n  " + verb, output, StringComparison.Ordinal);
        Assert.DoesNotContain("\n  docs", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_prints_runtime_and_commit()
    {
        (int exitCode, string output, _) = NsCollectorProcess.Run(["version"]);
        Assert.Equal(0, exitCode);
        Assert.Contains(".NET 10.", output, StringComparison.Ordinal);
        Assert.Contains("just-in-time", output, StringComparison.Ordinal);
        Assert.Contains("native shim interface ", output, StringComparison.Ordinal);
        Assert.Matches(@"\ncommit +([0-9a-f]{40}|unknown)", output);
        Assert.Equal((0, output, ""), NsCollectorProcess.Run(["--version"]));
    }

    [Fact]
    public void Argument_with_at_sign_is_not_a_response_file()
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("arguments", "version");
        Assert.Equal(2, NsCollectorProcess.Run(["@" + file]).ExitCode);
    }
}
