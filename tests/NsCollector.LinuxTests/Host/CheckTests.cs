using System.Text.RegularExpressions;

namespace NsCollector.LinuxTests.Host;

/// <summary>nscollector check as a process on this very host.</summary>
public sealed partial class CheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void As_root_it_ends_with_0_and_visits_are_permitted()
    {
        (int exitCode, string output, _) = Check();
        Assert.True(exitCode == 0, output);
        Assert.Contains("ok    network: by visit", output, StringComparison.Ordinal);
        Assert.Contains("ok    cgroups: ", output, StringComparison.Ordinal);
        Assert.Contains($"ok    file:main: {_directory.Path}/metrics.lp: writable", output, StringComparison.Ordinal);
        Assert.Contains("ok    RLIMIT_NOFILE ", output, StringComparison.Ordinal);
        Assert.Contains("ok    ends of containers: told at once (pidfd_open was tried, and works)", output, StringComparison.Ordinal);
        Assert.Contains("ok    real time: granted", output, StringComparison.Ordinal);
        Assert.All(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("^(ok    |warn  |FAIL  )", line));
    }

    [Fact]
    public void Without_capabilities_it_names_exactly_those_that_are_missing()
    {
        (int exitCode, string output, _) = Check(through: ["setpriv", "--bounding-set=-all"]);
        Assert.True(exitCode == 0, output);
        Assert.Equal(["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"], Missing().Matches(output).Select(match => match.Groups[1].Value));
        Assert.Contains("warn  real time: refused (EPERM)", output, StringComparison.Ordinal);
        Assert.Equal(["CAP_SYS_ADMIN", "CAP_SYS_NICE", "CAP_SYS_PTRACE"], AnyCapability().Matches(output).Select(match => match.Value).Distinct().Order());
        Assert.Contains("ok    network: by /proc/PID/net", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_descriptors_is_the_kernels()
    {
        (_, string output, _) = Check(through: ["prlimit", "--nofile=3000:3000"]);
        Assert.Contains("RLIMIT_NOFILE 3000: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sink_that_is_not_writable_ends_with_1()
    {
        (int exitCode, string output, _) = NsCollectorProcess.Run(["check", "--set", "file:main:path=/proc/nowhere/metrics.lp"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("FAIL  file:main: /proc/nowhere/metrics.lp", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_is_not_there_ends_with_1_and_its_spool_is_not_made()
    {
        // Port 1 (tcpmux) is below those that programs are given.
        (int exitCode, string output, _) = NsCollectorProcess.Run(
            ["check", "--set", "influx:main:url=http://127.0.0.1:1", "--set", "influx:main:database=telemetry"], directory: _directory.Path);
        Assert.Equal(1, exitCode);
        Assert.Contains("FAIL  influx:main: http://127.0.0.1:1: the connection is refused: nothing listens there; is the server running", output, StringComparison.Ordinal);
        Assert.Matches("(ok    |warn  )spool: spool: it is not there yet, and will be made", output);
        Assert.DoesNotContain("file:main", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void A_host_without_cgroups_ends_with_1()
    {
        Directory.CreateDirectory(_directory.Path + "/empty");
        (int exitCode, string output, _) = Check("--cgroup", _directory.Path + "/empty");
        Assert.Equal(1, exitCode);
        Assert.Contains("FAIL  cgroups: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_made_by_asking()
    {
        Check();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [GeneratedRegex(@"^warn  (CAP_\w+) is missing", RegexOptions.Multiline)]
    private static partial Regex Missing();

    [GeneratedRegex(@"CAP_\w+")]
    private static partial Regex AnyCapability();

    private (int ExitCode, string Output, string Error) Check(params string[] more) => Check(null, more);

    private (int ExitCode, string Output, string Error) Check(string[]? through, params string[] more) =>
        NsCollectorProcess.Run(["check", "--set", $"file:main:path={_directory.Path}/metrics.lp", .. more], directory: _directory.Path, through: through);
}
