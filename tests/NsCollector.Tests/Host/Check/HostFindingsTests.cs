using System.Collections.Immutable;
using NsCollector.Deliver.File;
using NsCollector.Discover;
using NsCollector.Host;
using NsCollector.Host.Check;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Host.Check;

public sealed class HostFindingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("Limit                     Soft Limit           Hard Limit           Units     \nMax open files            20000                20000                files     \n", 20000L)]
    [InlineData("Max open files            unlimited            unlimited            files     \n", (long)int.MaxValue)]
    [InlineData("Max processes             5                    5                    processes \n", null)]
    [InlineData("Max open files", null)]
    public void SoftLimit_parses_the_text_of_the_kernel(string text, long? limit) => Assert.Equal(limit, KernelCheck.SoftLimit(text));

    [Fact]
    public void OpenFiles_with_low_limit_warns_with_number_of_containers()
    {
        CgroupMounts mounts = CgroupMounts.Parse($"29 23 0:26 / {_directory.Path} rw - cgroup2 cgroup2 rw\n");
        CgroupFilePlan plan = new(mounts, new SampleOptions(), []);
        Finding finding = KernelCheck.OpenFiles("Max open files            1024                 1024                 files     \n", new SampleOptions { MaxHeldFiles = 0 }, plan);
        Assert.Equal(Severity.Warn, finding.Severity);

        // By the reserves of the budget: the agent holds every file of that many, and the one directory of v2.
        int containers = (1024 - 256) / (plan.MaxHeldFilesPerContainer + 3 + 1);
        Assert.InRange(plan.MaxHeldFilesPerContainer, 8, 19);
        Assert.Contains($"at least {containers} containers", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenFiles_of_a_few_containers_are_fewer_than_the_maximum()
    {
        CgroupMounts mounts = CgroupMounts.Parse($"29 23 0:26 / {_directory.Path} rw - cgroup2 cgroup2 rw\n");
        CgroupFilePlan plan = new(mounts, new SampleOptions(), []);
        Finding finding = KernelCheck.OpenFiles("Max open files  2256  2256  files\n", new SampleOptions(), plan);
        int containers = (2256 - 256) / (plan.MaxHeldFilesPerContainer + 3 + 1);
        Assert.Contains($"at least {containers} containers", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenFiles_includes_the_files_for_peaks()
    {
        CgroupFilePlan plan = new(CgroupMounts.None, new SampleOptions(), []);
        Finding finding = KernelCheck.OpenFiles("Max open files  3256  3256  files\n", new SampleOptions { MaxHeldFiles = 0, Peaks = TimeSpan.FromSeconds(1) }, plan);
        Assert.Contains($"at least {(3256 - 256) / (2 + 3)} containers", finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Auto", 0, "ok    OOM victims: container_oom names them (/dev/kmsg can be read)")]
    [InlineData("Auto", -1, "ok    OOM victims: /dev/kmsg cannot be opened (EPERM)")]
    [InlineData("On", -2, "warn  OOM victims: /dev/kmsg cannot be opened (ENOENT)")]
    [InlineData("Off", 0, "ok    OOM victims: turned off by the configuration ([cgroup] oom_victims)")]
    public void OomCheck_says_whether_victims_are_named(string mode, int error, string expected) =>
        Assert.StartsWith(expected, OomCheck.Of(Enum.Parse<OomVictimMode>(mode), error).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, false, null)]
    [InlineData(100, false, "peaks: memory is read every 100 ms, and shorter peaks can be missed (cgroup v1")]
    [InlineData(100, true, "peaks: memory is read every 100 ms, and shorter peaks can be missed; no cgroup has memory.peak")]
    public void PeakCheck_says_how_memory_peaks_are_read(int milliseconds, bool v2, string? text)
    {
        CgroupMounts mounts = CgroupMounts.Parse(v2 ? $"29 23 0:26 / {_directory.Path} rw - cgroup2 cgroup2 rw\n" : $"29 23 0:26 / {_directory.Path} rw - cgroup cgroup rw,memory\n");
        Finding? finding = PeakCheck.Findings(mounts, new SampleOptions { Peaks = TimeSpan.FromMilliseconds(milliseconds) }).SingleOrDefault();
        Assert.Equal(text is not null, finding?.Text.StartsWith(text!, StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void PeakCheck_names_the_error_of_a_peak_that_cannot_be_reset()
    {
        // A directory in the place of the file refuses to be opened for writing, even for root.
        Directory.CreateDirectory(_directory["some.slice/memory.peak"]);
        CgroupMounts mounts = CgroupMounts.Parse($"29 23 0:26 / {_directory.Path} rw - cgroup2 cgroup2 rw\n");
        Finding none = Assert.Single(PeakCheck.Findings(mounts, new SampleOptions { Peaks = TimeSpan.FromMilliseconds(100) }));
        Assert.Contains("no cgroup has memory.peak", none.Text, StringComparison.Ordinal);
        Directory.Delete(_directory["some.slice/memory.peak"]);
        File.CreateSymbolicLink(_directory["some.slice/memory.peak"], "/proc/self/limits");
        Finding refused = Assert.Single(PeakCheck.Findings(mounts, new SampleOptions { Peaks = TimeSpan.FromMilliseconds(100) }));
        Assert.Contains("memory.peak cannot be reset (E", refused.Text, StringComparison.Ordinal);
        File.Delete(_directory["some.slice/memory.peak"]);
        File.WriteAllText(_directory["some.slice/memory.peak"], "4096\n");
        Finding possible = Assert.Single(PeakCheck.Findings(mounts, new SampleOptions { Peaks = TimeSpan.FromMilliseconds(100) }));
        Assert.Equal(Finding.Ok("peaks: memory.peak is reset at each sample, so that usage_bytes_max is complete"), possible);
    }

    [Fact]
    public void CgroupCheck_without_hierarchies_fails() =>
        Assert.Equal(Severity.Fail, Assert.Single(CgroupCheck.Findings(CgroupMounts.None, new SampleOptions())).Severity);

    [Fact]
    public void CgroupCheck_with_missing_controller_names_measurement()
    {
        _directory.Write("cgroup.controllers", "cpu memory pids\n");
        CgroupMounts mounts = CgroupMounts.Parse($"29 23 0:26 / {_directory.Path} rw - cgroup2 cgroup2 rw\n");
        string[] warnings = [.. CgroupCheck.Findings(mounts, new SampleOptions()).Where(finding => finding.Severity == Severity.Warn).Select(finding => finding.Text)];
        Assert.Equal(["cgroup controller io is missing: container_blkio cannot be read", "cgroup controller hugetlb is missing: container_hugetlb cannot be read"], warnings);
    }

    [Fact]
    public void RuntimeCheck_finds_sockets_and_directories_below_roots()
    {
        _directory.Write("run/docker.sock", "");
        _directory.Write("docker/containers/x/config.v2.json", "{}");
        Finding[] findings = [.. RuntimeCheck.Findings(
            new HostRoots(Proc: _directory.Path + "/proc", Run: _directory.Path + "/run"), new DiscoverOptions { DockerRoots = [_directory.Path + "/docker"], PodmanRoots = [] })];
        Assert.Contains(Finding.Ok($"docker: {_directory.Path}/run/docker.sock, {_directory.Path}/docker/containers"), findings);
        Assert.DoesNotContain(findings, finding => finding.Text.StartsWith("podman", StringComparison.Ordinal));
    }

    [Fact]
    public void Counts_lists_containers_by_runtime()
    {
        ImmutableArray<ContainerCount> counts = [new(ContainerRuntime.Docker, 37), new(ContainerRuntime.Podman, 0), new(ContainerRuntime.Lxc, 2)];
        Assert.Equal("containers recognised: 37 docker, 2 lxc", Assert.Single(RuntimeCheck.Counts(new ContainerTotals(counts, null))).Text);
        Assert.Equal("containers recognised: none", Assert.Single(RuntimeCheck.Counts(new ContainerTotals([], null))).Text);
    }

    [Fact]
    public void Counts_reports_containers_without_a_name_and_the_key_to_set()
    {
        ImmutableArray<ContainerCount> counts = [new(ContainerRuntime.Docker, 13, Nameless: 13), new(ContainerRuntime.Containerd, 5, Nameless: 3, NamelessInside: 1), new(ContainerRuntime.Lxc, 2)];
        Assert.Contains(Finding.Ok("1 of 5 containerd containers are inside other containers and have no name, because no readable state file of a runtime there has it, or discovery.names_inside is off"), RuntimeCheck.Counts(new ContainerTotals(counts, null)));
        Assert.Equal(
            [
                "13 of 13 docker containers have no name, because no readable state file has it; set discovery.docker_roots to the directory in which the runtime keeps its state",
                "2 of 5 containerd containers have no name, because no readable state file has it; set discovery.containerd_states to the directory in which the runtime keeps its state",
            ],
            RuntimeCheck.Counts(new ContainerTotals(counts, null)).Where(finding => finding.Severity == Severity.Warn).Select(finding => finding.Text));
    }

    [Fact]
    public void SinkCheck_of_writable_directory_is_ok_and_creates_nothing()
    {
        Assert.Equal(Severity.Ok, Sink("metrics.lp").Severity);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void SinkCheck_of_unwritable_path_fails_with_reason()
    {
        Assert.Contains("its directory and the parent of that are missing", Sink("missing/twice/metrics.lp").Text, StringComparison.Ordinal);
        _directory.Write("file", "");
        Assert.Contains("ENOTDIR", Sink("file/metrics.lp/x").Text, StringComparison.Ordinal);
        Assert.Contains("is not a directory", Sink("file/metrics.lp").Text, StringComparison.Ordinal);
        Directory.CreateDirectory(_directory.Path + "/sub");
        Assert.Contains("set path to a file", Sink("sub").Text, StringComparison.Ordinal);
        Assert.All((string[])["missing/twice/metrics.lp", "file/metrics.lp", "sub"], path => Assert.Equal(Severity.Fail, Sink(path).Severity));
    }

    [Fact]
    public void SinkCheck_of_symbolic_link_fails_as_the_sink_does()
    {
        _directory.Write("target", "");
        File.CreateSymbolicLink(_directory.Path + "/link", _directory.Path + "/target");
        File.CreateSymbolicLink(_directory.Path + "/dangling", _directory.Path + "/nowhere");
        Assert.All((string[])["link", "dangling"], path =>
        {
            Assert.Equal(Severity.Fail, Sink(path).Severity);
            Assert.Contains("this is a symbolic link, which the agent does not follow", Sink(path).Text, StringComparison.Ordinal);
        });
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(_directory.Path + "/pipe", Mono.Unix.Native.FilePermissions.S_IRUSR));
        Assert.Contains("this is not a regular file", Sink("pipe").Text, StringComparison.Ordinal);
    }

    /// <summary>As FileSink does, and as the spool's check says.</summary>
    [Fact]
    public void SinkCheck_of_missing_directory_with_parent_is_ok()
    {
        Finding finding = Sink("missing/metrics.lp");
        Assert.Equal(Severity.Ok, finding.Severity);
        Assert.Contains($"{_directory.Path}/missing is created at the start; writable, ", finding.Text, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void SinkCheck_warns_of_unknown_user_and_group()
    {
        FileSinkOptions sink = new() { Name = "a", Path = _directory.Path + "/m", Owner = "no-such-user-here", Group = "no-such-group-here" };
        Assert.Equal([Severity.Warn, Severity.Warn, Severity.Ok], SinkCheck.Findings(sink).Select(finding => finding.Severity));
    }

    [Theory]
    [InlineData(0, "ok    x")]
    [InlineData(1, "warn  x")]
    [InlineData(2, "FAIL  x")]
    public void Finding_text_begins_with_severity(int severity, string line) => Assert.Equal(line, new Finding((Severity)severity, "x").ToString());

    private Finding Sink(string path) => Assert.Single(SinkCheck.Findings(new FileSinkOptions { Name = "a", Path = _directory.Path + "/" + path }));
}
