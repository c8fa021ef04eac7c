using System.Text.Json;
using System.Text.RegularExpressions;

namespace NsCollector.LinuxTests.Host;

/// <summary>Runs <c>nscollector check</c> as a process on this host.</summary>
public sealed partial class CheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Check_as_root_exits_with_0_and_permits_visits()
    {
        (int exitCode, string output, _) = Check();
        Assert.True(exitCode == 0, output);
        Assert.Contains("ok    network: by visit", output, StringComparison.Ordinal);
        Assert.Contains("ok    cgroups: ", output, StringComparison.Ordinal);
        Assert.Contains($"ok    file:main: {_directory.Path}/metrics.lp: writable", output, StringComparison.Ordinal);
        Assert.Contains("ok    RLIMIT_NOFILE ", output, StringComparison.Ordinal);
        Assert.Contains("ok    exits of containers: seen immediately (pidfd_open works)", output, StringComparison.Ordinal);
        Assert.Contains("ok    real-time priority: granted", output, StringComparison.Ordinal);
        Assert.All(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("^(ok    |warn  |FAIL  )", line));
    }

    [Fact]
    public void Check_json_has_the_same_findings()
    {
        (int exitCode, string output, _) = Check("--json");
        Assert.Equal(0, exitCode);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        (string Severity, string Text)[] findings = [.. lines.Select(line => JsonDocument.Parse(line).RootElement).Select(one => (one.GetProperty("severity").GetString()!, one.GetProperty("text").GetString()!))];
        Assert.All(findings, finding => Assert.Contains(finding.Severity, (string[])["ok", "warn", "fail"]));
        Assert.Contains(("ok", $"file:main: {_directory.Path}/metrics.lp: writable"), findings.Select(finding => (finding.Severity, finding.Text[..Math.Min(finding.Text.Length, $"file:main: {_directory.Path}/metrics.lp: writable".Length)])));
        (_, string text, _) = Check();
        Assert.Equal(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, lines.Length);
    }

    [Fact]
    public void Check_json_has_errors_of_the_configuration()
    {
        (int exitCode, string output, string error) = NsCollectorProcess.Run(["check", "--json", "--set", "agent:interval=\"x"]);
        Assert.Equal(78, exitCode);
        JsonElement finding = JsonDocument.Parse(output).RootElement;
        Assert.Equal("fail", finding.GetProperty("severity").GetString());
        Assert.Contains("[agent] interval", finding.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Empty(error);
    }

    [Fact]
    public void Check_without_capabilities_names_the_missing_ones()
    {
        (int exitCode, string output, _) = Check(through: ["setpriv", "--bounding-set=-all"]);
        Assert.True(exitCode == 0, output);
        Assert.Equal(["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"], Missing().Matches(output).Select(match => match.Groups[1].Value));
        Assert.Contains("warn  real-time priority: refused (EPERM)", output, StringComparison.Ordinal);

        // Whoever may read the kernel's log needs no capability for it.
        string[] ofLog = File.ReadAllText("/proc/sys/kernel/dmesg_restrict") == "0\n" ? [] : ["CAP_SYSLOG"];
        Assert.Equal([.. ofLog, "CAP_SYS_ADMIN", "CAP_SYS_NICE", "CAP_SYS_PTRACE"], AnyCapability().Matches(output).Select(match => match.Value).Distinct().Order());
        Assert.Contains("ok    network: from /proc/PID/net", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_reports_descriptor_limit_of_the_kernel()
    {
        (_, string output, _) = Check(through: ["prlimit", "--nofile=3000:3000"]);
        Assert.Contains("RLIMIT_NOFILE 3000: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_of_unwritable_sink_exits_with_1()
    {
        (int exitCode, string output, _) = NsCollectorProcess.Run(["check", "--set", "file:main:path=/proc/nowhere/below/metrics.lp"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("FAIL  file:main: /proc/nowhere/below/metrics.lp", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_of_missing_server_exits_with_1_and_creates_no_spool()
    {
        // Port 1 (tcpmux) is outside the range of ephemeral ports.
        (int exitCode, string output, _) = NsCollectorProcess.Run(
            ["check", "--set", "influx:main:url=http://127.0.0.1:1", "--set", "influx:main:database=telemetry"], directory: _directory.Path);
        Assert.Equal(1, exitCode);
        Assert.Contains("FAIL  influx:main: http://127.0.0.1:1: the connection is refused: nothing listens there; check that the server is running", output, StringComparison.Ordinal);
        Assert.Matches("(ok    |warn  )spool: spool: missing, the agent will create it", output);
        Assert.DoesNotContain("file:main", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Check_without_cgroups_exits_with_1()
    {
        Directory.CreateDirectory(_directory.Path + "/empty");
        (int exitCode, string output, _) = Check("--cgroup", _directory.Path + "/empty");
        Assert.Equal(1, exitCode);
        Assert.Contains("FAIL  cgroups: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_and_sample_name_the_filter_that_leaves_nothing()
    {
        using TestCgroups cgroups = new();
        (string cgroup, _) = cgroups.MakeWithProcess("filtered");
        string[] settings = ["--set", $"discovery:cgroup_paths={cgroup}", "--set", "filter:include=docker/wbe-*"];
        (_, string output, _) = Check(settings);
        Assert.Matches(@"warn  containers: the filters leave none of \d+ recognised containers: filter.include leaves out \d+ \(no glob of it matches\); correct that key", output);
        (_, string samples, string log) = NsCollectorProcess.Run(["sample", "--count", "1", "--interval", "1s", "--format", "influx", .. settings]);
        Assert.DoesNotContain("container_cpu", samples, StringComparison.Ordinal);
        Assert.Contains("Nothing to sample: the filters leave none of ", log, StringComparison.Ordinal);
    }

    /// <summary>To say why nothing is left, it walks a second time, without filters.</summary>
    [Fact]
    public void Sample_of_filtered_containers_logs_a_warning_of_discovery_once()
    {
        using TestCgroups cgroups = new();
        (string one, _) = cgroups.MakeWithProcess("one");
        (string two, _) = cgroups.MakeWithProcess("two");
        (_, _, string log) = NsCollectorProcess.Run(
            ["sample", "--count", "1", "--interval", "1s", "--set", $"discovery:cgroup_paths={one},{two}", "--set", "discovery:max_containers=1", "--set", "filter:include=docker/wbe-*"]);
        Assert.Contains("Nothing to sample: the filters leave none of ", log, StringComparison.Ordinal);
        Assert.Single(log.Split("More than 1 containers").Skip(1));
    }

    [Fact]
    public void Check_creates_no_files()
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
