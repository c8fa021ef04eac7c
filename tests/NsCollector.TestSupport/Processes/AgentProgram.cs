using System.Diagnostics;

namespace NsCollector.TestSupport.Processes;

/// <summary>
/// The agent as its own process. AGENT_UNDER_TEST names the executable (tests/run sets the native-AOT one). Without it, <c>dotnet</c>
/// runs the build beside the tests.
/// </summary>
public static class AgentProgram
{
    /// <summary>The value of the tag <c>host</c> in the tests.</summary>
    public const string Host = "runtime-tests";

    /// <summary>The command line that starts it.</summary>
    public static string[] Words(params string[] arguments) =>
        Environment.GetEnvironmentVariable("AGENT_UNDER_TEST") is { Length: > 0 } executable
            ? [executable, .. arguments]
            : ["dotnet", Path.Combine(AppContext.BaseDirectory, "nscollector.dll"), .. arguments];

    /// <summary>
    /// <c>nscollector sample</c>: takes two samples one second apart and prints the second.
    /// </summary>
    /// <param name="settings">Arguments of <c>--set</c>: <c>section:key=value</c>.</param>
    public static List<Point> Sample(params string[] settings)
    {
        string[] words = Words(["sample", "--format", "influx", "--count", "1", "--interval", "1s", .. Set(settings)]);
        (int status, string output, string errors) = Command.Try(words[0], words[1..]);
        Assert.True(status == 0, $"{string.Join(' ', words)} ended with status {status}: {errors}");
        List<Point> points = StrictParser.ParseAll(output);
        Assert.All(points, point => Assert.Equal(Host, point.Tags["host"]));
        return points;
    }

    /// <summary>Starts <c>nscollector run</c> with output to a file.</summary>
    public static Process Run(string metricsPath, params string[] settings)
    {
        string[] words = Words(RunArguments(metricsPath, settings));
        return DiscardOutput(Command.Start(words[0], words[1..]));
    }

    /// <summary>The arguments of <c>nscollector run</c> that <see cref="Run"/> uses.</summary>
    public static string[] RunArguments(string metricsPath, params string[] settings) =>
        ["run", .. Set([$"file:main:path={metricsPath}", .. settings])];

    /// <summary>The points of the complete lines in a file that may still grow.</summary>
    public static List<Point> ReadFile(string metricsPath)
    {
        if (!File.Exists(metricsPath))
            return [];
        string text = File.ReadAllText(metricsPath);
        return StrictParser.ParseAll(text[..(text.LastIndexOf('\n') + 1)]);
    }

    /// <summary>Sends SIGTERM and returns the exit status.</summary>
    public static int Stop(Process agent)
    {
        if (!agent.HasExited)
        {
            Command.Run("kill", "-TERM", $"{agent.Id}");
            if (!agent.WaitForExit(TimeSpan.FromSeconds(30)))
            {
                agent.Kill(entireProcessTree: true);
                throw new TimeoutException("the agent did not exit within 30 s of SIGTERM");
            }
        }

        return agent.ExitCode;
    }

    private static IEnumerable<string> Set(IEnumerable<string> settings) =>
        settings.Prepend($"agent:host={Host}").SelectMany(setting => new[] { "--set", setting });

    // A full pipe would block the agent.
    private static Process DiscardOutput(Process process)
    {
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
