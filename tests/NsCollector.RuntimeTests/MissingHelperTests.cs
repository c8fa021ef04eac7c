using System.Diagnostics;
using System.Text;

namespace NsCollector.RuntimeTests;

/// <summary>The native executable in its own directory, with libMonoPosixHelper.so beside it and without.</summary>
public sealed class MissingHelperTests : IDisposable
{
    private const string Helper = "libMonoPosixHelper.so";
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [RequiresExecutableFact]
    public void Run_without_helper_writes_points_warns_once_and_ends_with_0()
    {
        (int status, string log) = Run(Install(withHelper: false));

        Assert.True(status == 0, log);
        string[] warnings = [.. log.Split('\n').Where(line => line.Contains(Helper, StringComparison.Ordinal))];
        Assert.StartsWith("<4>", Assert.Single(warnings), StringComparison.Ordinal);
        // The sink, which configures an owner, does not repeat the warning.
        Assert.Single(log.Split('\n'), line => line.Contains("owner", StringComparison.OrdinalIgnoreCase));
        Assert.NotEmpty(Directory.EnumerateFiles(_directory + "/spool", "*.gz", SearchOption.AllDirectories));
        Assert.Equal("root", Owner());
    }

    [RequiresExecutableFact]
    public void Run_with_helper_sets_the_file_owner_without_a_warning()
    {
        (int status, string log) = Run(Install(withHelper: true));

        Assert.True(status == 0, log);
        Assert.DoesNotContain(Helper, log, StringComparison.Ordinal);
        Assert.Equal("daemon", Owner());
    }

    [RequiresExecutableFact]
    public void Check_without_helper_warns_once_and_does_not_guess_permissions()
    {
        string[] arguments = ["check", .. Settings()];
        Directory.CreateDirectory(_directory + "/spool");

        (_, string without, string errors) = Command.Try(Install(withHelper: false), arguments);
        Assert.Empty(errors);
        Assert.StartsWith("warn", Assert.Single(without.Split('\n'), line => line.Contains(Helper, StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(2, without.Split('\n').Count(line => line.Contains("unknown whether this user can write there", StringComparison.Ordinal)));

        (_, string with, _) = Command.Try(Install(withHelper: true), arguments);
        Assert.DoesNotContain(Helper, with, StringComparison.Ordinal);
        Assert.DoesNotContain("unknown whether", with.Split('\n').Single(line => line.Contains("spool: ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private string Install(bool withHelper)
    {
        string source = Path.GetFullPath(Environment.GetEnvironmentVariable("AGENT_UNDER_TEST")!);
        string installed = Directory.CreateDirectory(Path.Combine(_directory, withHelper ? "with" : "without")).FullName;
        File.Copy(source, installed + "/nscollector");
        if (withHelper) File.Copy(Path.Combine(Path.GetDirectoryName(source)!, Helper), $"{installed}/{Helper}");
        return installed + "/nscollector";
    }

    // Nobody listens there, so lines to that server stay in the spool.
    private IEnumerable<string> Settings() => new[]
    {
        "agent:interval=200ms", "agent:log_format=journald",
        $"file:main:path={_directory}/metrics.lp", "file:main:owner=daemon", "file:main:group=daemon",
        "influx:main:url=http://127.0.0.1:1", "influx:main:database=none", $"spool:path={_directory}/spool",
    }.SelectMany(setting => new[] { "--set", setting });

    private (int Status, string Log) Run(string executable)
    {
        using Process process = Command.Start(executable, ["run", .. Settings()]);
        StringBuilder log = new();
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            Eventually.True(
                () => process.HasExited || AgentProgram.ReadFile(_directory + "/metrics.lp").Count(point => point.Has("cycle_ns")) >= 3,
                "three cycles", () => log.ToString());
            int status = AgentProgram.Stop(process);
            process.WaitForExit();
            return (status, log.ToString());
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (log) log.AppendLine(line.Data);
        }
    }

    private string Owner() => Command.Run("stat", "-c", "%U", _directory + "/metrics.lp");
}
