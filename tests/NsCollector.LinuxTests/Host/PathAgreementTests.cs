using NsCollector.Deliver.File;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;
using NsCollector.Host.Check;

namespace NsCollector.LinuxTests.Host;

/// <summary>Property: <c>check</c> fails for the same paths as <c>run</c>, whatever is at the path of a file or of the spool.</summary>
public sealed class PathAgreementTests
{
    private const string Cgroup = "/sys/fs/cgroup/memory";

    [Theory]
    [InlineData("metrics.lp", true, true)]
    [InlineData("missing/metrics.lp", true, false)]
    [InlineData("missing/twice/metrics.lp", false, false)]
    [InlineData("file", true, false)]
    [InlineData("file/metrics.lp", false, false)]
    [InlineData("file/below/metrics.lp", false, false)]
    [InlineData("directory", false, true)]
    [InlineData("pipe", false, false)]
    [InlineData("dangling", false, false)]
    [InlineData("dangling/metrics.lp", false, false)]
    [InlineData("to-file", false, false)]
    [InlineData("to-directory", false, true)]
    [InlineData("to-directory/metrics.lp", true, true)]
    [InlineData("to-directory/missing/metrics.lp", true, false)]
    [InlineData("/proc/nsc-test.lp", false, false)]
    [InlineData("/proc/nowhere/nsc-test.lp", false, false)]
    [InlineData("/proc/nowhere/below/nsc-test.lp", false, false)]
    [InlineData("/sys/nsc-test/nsc-test.lp", false, false)]
    [InlineData("/dev/pts/nsc-test.lp", false, false)]
    [InlineData("/dev/pts/nsc-test/nsc-test.lp", false, false)]
    [InlineData("/dev/null", false, false)]
    [InlineData(Cgroup + "/nsc-path-test.lp", false, false)]
    public void Check_and_run_agree_on_a_path(string path, bool isFile, bool isSpool) => AssertAgreement(path, isFile, isSpool);

    /// <summary>A directory that is made in a cgroup hierarchy is a cgroup.</summary>
    [Fact]
    public void Run_creates_no_cgroup_for_a_file_or_spool()
    {
        const string Made = Cgroup + "/nsc-path-test";
        try
        {
            Run(Made + "/metrics.lp");
            using var refused = new RefusedFile(Made + "/refused.lp", 10_000);
            Assert.NotEqual(0, refused.Append("m f=1 1"u8, "bad", DateTimeOffset.UnixEpoch));
            using var spool = new SpoolLock(Made);
            Assert.NotEqual(0, spool.Ensure());
            Assert.False(Directory.Exists(Made));
        }
        finally
        {
            if (Directory.Exists(Made)) Directory.Delete(Made);
        }
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void Check_and_run_agree_on_a_long_name(int bytes, bool isPossible)
    {
        string name = "é" + new string('a', bytes - 2);
        AssertAgreement(name, isPossible, isPossible);
        AssertAgreement("missing/" + name, isPossible, isSpool: false);
    }

    [Theory]
    [InlineData("metrics.lp")]
    [InlineData("missing/metrics.lp")]
    public void Check_and_run_agree_on_a_read_only_file_system(string path)
    {
        using var disk = TemporaryDirectory.OnTmpfs("size=1m");
        disk.MakeReadOnly(true);
        AssertAgreement(disk[path], isFile: false, isSpool: false);
    }

    /// <summary>The sink reads the end of a file before it appends to it.</summary>
    [Fact]
    public void Check_and_run_of_a_file_that_can_only_be_written_fail()
    {
        const int Nobody = 65534;
        using TemporaryDirectory directory = new();
        string path = directory.Write("metrics.lp", "");
        Command.Run("chown", "-R", $"{Nobody}", directory.Path);
        Command.Run("chmod", "0200", path);
        string[] through = ["timeout", "4", "setpriv", $"--reuid={Nobody}", "--clear-groups"], settings = ["--set", $"file:main:path={path}"];
        Assert.Contains(
            $"FAIL  file:main: {path}: this user cannot read and write it (EACCES)", NsCollectorProcess.Run(["check", .. settings], through: through).Output, StringComparison.Ordinal);
        Assert.Contains($"cannot write to {path}: Permission denied", NsCollectorProcess.Run(["run", .. settings], through: through).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_and_run_name_the_file_system_of_the_kernel()
    {
        const string Path = "/proc/nowhere/metrics.lp", Reason = "/proc/nowhere is in proc, a file system of the kernel that holds no other files";
        Assert.Contains(Reason, Assert.Single(OfFile(Path)).Text, StringComparison.Ordinal);
        Assert.Contains(Reason, Assert.Single(Run(Path).Messages, message => message.Contains("cannot write to", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    // A path that does not begin with / is below a new directory with the files that the cases name.
    private static void AssertAgreement(string path, bool isFile, bool isSpool)
    {
        In(path, path => Assert.Equal((isFile, isFile, isSpool), (IsPossible(OfFile(path)), FileCheck.Of(path, "refused_file").Problem is null, IsPossible(OfSpool(path)))));
        In(path, path => Assert.Equal(isFile, Run(path).Count("cannot write to") == 0));
        In(path, path =>
        {
            using var refused = new RefusedFile(path, 10_000);
            Assert.Equal(isFile, refused.Append("m f=1 1"u8, "bad", DateTimeOffset.UnixEpoch) == 0);
        });
        In(path, path =>
        {
            using var spool = new SpoolLock(path);
            Assert.Equal(isSpool, spool.Ensure() == 0);
        });
    }

    private static void In(string path, Action<string> action)
    {
        using TemporaryDirectory directory = new();
        directory.Write("file", "");
        directory.MakeDirectory("directory");
        File.CreateSymbolicLink(directory["to-directory"], directory["directory"]);
        File.CreateSymbolicLink(directory["to-file"], directory["file"]);
        File.CreateSymbolicLink(directory["dangling"], directory["nowhere"]);
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(directory["pipe"], Mono.Unix.Native.FilePermissions.S_IRUSR));
        action(directory[path]);
    }

    private static CapturingLogger Run(string path)
    {
        var log = new CapturingLogger();
        using var sink = new FileSink(new FileSinkOptions { Name = "a", Path = path }, log);
        sink.Start();
        Assert.True(sink.Stop(TimeSpan.FromSeconds(30)));
        return log;
    }

    private static Finding[] OfFile(string path) => [.. SinkCheck.Findings(new FileSinkOptions { Name = "a", Path = path })];

    private static Finding[] OfSpool(string path) => [.. SpoolCheck.Findings(new SpoolOptions { Path = path }, [new InfluxSinkOptions { Name = "a" }], DateTimeOffset.UtcNow)];

    private static bool IsPossible(Finding[] findings) => findings.All(finding => finding.Severity != Severity.Fail);
}
