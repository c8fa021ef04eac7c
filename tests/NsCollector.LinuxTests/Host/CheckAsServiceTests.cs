namespace NsCollector.LinuxTests.Host;

/// <summary>Runs <c>nscollector check --as-service</c> with units of the test's own, with users and capabilities of this kernel.</summary>
public sealed class CheckAsServiceTests : IDisposable
{
    // Numbers without an account.
    private const int User = 61_234;
    private const int Group = 61_235;

    private readonly TemporaryDirectory _directory = new();

    public CheckAsServiceTests()
    {
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(Sinks);
        Assert.Equal(0, Mono.Unix.Native.Syscall.chown(Sinks, User, Group));
    }

    private string Sinks => _directory.Path + "/sinks";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void As_service_has_user_capabilities_and_limits_of_the_unit()
    {
        Write("""
            AmbientCapabilities=CAP_SYS_ADMIN CAP_DAC_READ_SEARCH
            CapabilityBoundingSet=CAP_SYS_ADMIN CAP_DAC_READ_SEARCH
            NoNewPrivileges=yes
            LimitNOFILE=4096
            """);
        (int exitCode, string output, string error) = Check();
        Assert.True(exitCode == 0, output + error);
        Assert.Contains($"ok    service: user {User} ({User}), groups {Group}, capabilities CAP_DAC_READ_SEARCH CAP_SYS_ADMIN\n", output, StringComparison.Ordinal);
        Assert.Contains("warn  CAP_SYS_PTRACE is missing", output, StringComparison.Ordinal);
        Assert.Contains("ok    CAP_SYS_ADMIN: ", output, StringComparison.Ordinal);
        Assert.Contains("RLIMIT_NOFILE 4096: ", output, StringComparison.Ordinal);
        Assert.Contains("real-time priority: refused (EPERM)", output, StringComparison.Ordinal);
        Assert.Contains($"ok    file:main: {Sinks}/metrics.lp: writable", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PrivateDevices=yes\n", false)]
    [InlineData("ProtectKernelLogs=yes\nBindReadOnlyPaths=/dev/kmsg\n", false)]
    [InlineData("PrivateDevices=yes\nProtectKernelLogs=no\nBindReadOnlyPaths=/dev/kmsg\n", true)]
    public void As_service_opens_the_kernel_log_if_the_unit_shows_it(string lines, bool isShown)
    {
        Write("AmbientCapabilities=CAP_SYSLOG\nCapabilityBoundingSet=CAP_SYSLOG\n" + lines);
        Assert.Contains(
            isShown ? "ok    OOM victims: container_oom names them" : "ok    OOM victims: /dev/kmsg cannot be opened (EACCES)", Check().Output, StringComparison.Ordinal);
        File.OpenHandle("/dev/kmsg").Dispose();
    }

    [Fact]
    public void As_service_without_capabilities_reads_proc_as_that_user()
    {
        Write("LimitNOFILE=3000:3500\nCapabilityBoundingSet=\n");
        (_, string output, _) = Check();
        Assert.Contains("capabilities none\n", output, StringComparison.Ordinal);
        Assert.Contains("warn  CAP_SYS_ADMIN is missing", output, StringComparison.Ordinal);
        Assert.Contains("RLIMIT_NOFILE 3500: ", output, StringComparison.Ordinal);
        Assert.Contains("real-time priority: refused (EPERM)", output, StringComparison.Ordinal);
    }

    /// <summary>Root can write to both directories.</summary>
    [Fact]
    public void As_service_reports_sink_that_only_root_can_write()
    {
        Write("");
        string roots = _directory.Path + "/roots";
        Directory.CreateDirectory(roots);
        (int exitCode, string output, _) = Check($"file:main:path={roots}/metrics.lp");
        Assert.Equal(1, exitCode);
        Assert.Contains($"FAIL  file:main: {roots}/metrics.lp: this user cannot create a file in {roots} (EACCES)", output, StringComparison.Ordinal);
    }

    [Fact]
    public void As_service_reports_sink_outside_of_writable_paths()
    {
        Write($"AmbientCapabilities=CAP_SYS_ADMIN\nProtectSystem=strict\nReadWritePaths={Sinks}\n");
        string other = _directory.Path + "/other";
        Directory.CreateDirectory(other);
        Assert.Equal(0, Mono.Unix.Native.Syscall.chown(other, User, Group));
        Assert.Contains($"ok    file:main: {Sinks}/metrics.lp: writable", Check().Output, StringComparison.Ordinal);
        Assert.Contains($"FAIL  file:main: {other}/metrics.lp: this user cannot create a file in {other} (EROFS)", Check($"file:main:path={other}/metrics.lp").Output, StringComparison.Ordinal);

        // Only that process saw a read-only tree.
        File.WriteAllText(other + "/after", "");
    }

    [Fact]
    public void As_service_reads_drop_ins_environment_and_ExecStart()
    {
        Write($"LimitNOFILE=4096\nExecStart=/usr/bin/nscollector run --config {_directory.Path}/a.conf\n");
        _directory.Write("a.conf", "[agent]\ninterval = 3s\n");
        _directory.Write("test.service.d/10-more.conf", $"[Service]\nLimitNOFILE=3500\nEnvironment=\"NSCOLLECTOR_file__main__path={Sinks}/named\" OTHER=1\n");
        (int exitCode, string output, string error) = NsCollectorProcess.Run(
            ["check", "--as-service", "--unit", Unit], new() { ["NSCOLLECTOR_agent__interval"] = "nonsense" }, directory: _directory.Path);
        Assert.True(exitCode == 0, output + error);
        Assert.Contains($"ok    service: {Unit}, {Unit}.d/10-more.conf\n", output, StringComparison.Ordinal);
        Assert.Contains($"ok    configuration: {_directory.Path}/a.conf\n", output, StringComparison.Ordinal);
        Assert.Contains("RLIMIT_NOFILE 3500: ", output, StringComparison.Ordinal);
        Assert.Contains($"file:main: {Sinks}/named: writable", output, StringComparison.Ordinal);
    }

    [Fact]
    public void As_service_reads_values_with_spaces_of_EnvironmentFile()
    {
        string directory = Sinks + "/with space";
        Directory.CreateDirectory(directory);
        Assert.Equal(0, Mono.Unix.Native.Syscall.chown(directory, User, Group));
        Write($"EnvironmentFile=-{_directory.Path}/environment\n");
        _directory.Write("environment", $"# a comment\nNSCOLLECTOR_file__main__path={directory}/metrics.lp\n");
        string output = NsCollectorProcess.Run(["check", "--as-service", "--unit", Unit], directory: _directory.Path).Output;
        Assert.Contains($"file:main: {directory}/metrics.lp: writable", output, StringComparison.Ordinal);
    }

    /// <summary>A form that the merged command line kept would make the process execute itself without end.</summary>
    [Theory]
    [InlineData("--as-service:true")]
    [InlineData("--as-service", "true")]
    public void As_service_runs_check_once_in_every_form_of_the_option(params string[] option)
    {
        Write("");
        (int exitCode, string output, string error) = NsCollectorProcess.Run(["check", .. option, "--unit:" + Unit, "--set", $"file:main:path={Sinks}/metrics.lp"], directory: _directory.Path);
        Assert.True(exitCode == 0, output + error);
        Assert.Equal(1, output.Split("service: user ").Length - 1);
    }

    [Fact]
    public void As_service_keeps_empty_last_argument()
    {
        Write("");
        (int exitCode, string output, string error) = NsCollectorProcess.Run(["check", "--as-service", "--unit", Unit, "--set", ""], directory: _directory.Path);
        Assert.Contains("service: user ", output, StringComparison.Ordinal);
        Assert.Contains("--set", error, StringComparison.Ordinal);
        Assert.NotEqual(0, exitCode);
    }

    [Theory]
    [InlineData("User=no-such-user-here", "there is no user no-such-user-here (User=)")]
    [InlineData("SupplementaryGroups=no-such-group-here", "there is no group no-such-group-here")]
    [InlineData("DynamicUser=yes", "its user exists only while it runs (DynamicUser=)")]
    public void As_service_with_unusable_unit_says_why(string line, string problem)
    {
        Write(line + "\n");
        (int exitCode, string output, _) = Check();
        Assert.Equal(1, exitCode);
        Assert.Contains("FAIL  service: " + problem, output, StringComparison.Ordinal);
    }

    [Fact]
    public void As_service_without_unit_or_root_says_why()
    {
        Assert.Contains("FAIL  service: cannot find or read the unit no-such.service", NsCollectorProcess.Run(["check", "--as-service", "--unit", "no-such.service"]).Output, StringComparison.Ordinal);
        Write("");
        (int exitCode, string output, _) = NsCollectorProcess.Run(
            ["check", "--as-service", "--unit", Unit], through: ["setpriv", $"--reuid={User}", $"--regid={Group}", "--clear-groups", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("FAIL  service: only root can take on", output, StringComparison.Ordinal);
    }

    private string Unit => _directory.Path + "/test.service";

    private void Write(string lines) => _directory.Write("test.service", $"[Unit]\nDescription=a test\n[Service]\nUser={User}\nGroup={Group}\n{lines}");

    private (int ExitCode, string Output, string Error) Check(string? set = null) =>
        NsCollectorProcess.Run(["check", "--as-service", "--unit", Unit, "--set", set ?? $"file:main:path={Sinks}/metrics.lp"], directory: _directory.Path);
}
