using System.Collections.Immutable;
using NsCollector.Deliver.File;
using NsCollector.Discover;
using NsCollector.Host;
using NsCollector.Host.Check;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;

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
    public void The_limit_on_open_files_is_taken_from_the_kernels_text(string text, long? limit) => Assert.Equal(limit, KernelCheck.SoftLimit(text));

    [Fact]
    public void Few_descriptors_are_warned_of_with_the_number_of_containers_they_suffice_for()
    {
        Finding finding = KernelCheck.OpenFiles("Max open files            1024                 1024                 files     \n", new SampleOptions());
        Assert.Equal(Severity.Warn, finding.Severity);
        Assert.Contains("about 41 containers", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_cgroups_the_agent_cannot_work() =>
        Assert.Equal(Severity.Fail, Assert.Single(CgroupCheck.Findings(CgroupMounts.None, new SampleOptions())).Severity);

    [Fact]
    public void A_controller_that_is_missing_is_named_with_what_is_lost()
    {
        _directory.Write("cgroup.controllers", "cpu memory pids\n");
        CgroupMounts mounts = CgroupMounts.Parse($"29 23 0:26 / {_directory.Path} rw - cgroup2 cgroup2 rw\n");
        string[] warnings = [.. CgroupCheck.Findings(mounts, new SampleOptions()).Where(finding => finding.Severity == Severity.Warn).Select(finding => finding.Text)];
        Assert.Equal(["cgroup controller io is missing: lost is container_blkio", "cgroup controller hugetlb is missing: lost is container_hugetlb"], warnings);
    }

    [Fact]
    public void Runtimes_are_found_by_their_traces_below_the_given_roots()
    {
        _directory.Write("run/docker.sock", "");
        _directory.Write("docker/containers/x/config.v2.json", "{}");
        Finding[] findings = [.. RuntimeCheck.Findings(
            new HostRoots(Run: _directory.Path + "/run"), new DiscoverOptions { DockerRoots = [_directory.Path + "/docker"], PodmanRoots = [] })];
        Assert.Contains(Finding.Ok($"docker: {_directory.Path}/run/docker.sock, {_directory.Path}/docker/containers"), findings);
        Assert.DoesNotContain(findings, finding => finding.Text.StartsWith("podman", StringComparison.Ordinal));
    }

    [Fact]
    public void The_containers_that_are_recognised_are_counted_by_runtime()
    {
        ImmutableArray<ContainerCount> counts = [new(ContainerRuntime.Docker, 37), new(ContainerRuntime.Podman, 0), new(ContainerRuntime.Lxc, 2)];
        Assert.Equal("containers recognised now: 37 docker, 2 lxc", Assert.Single(RuntimeCheck.Counts(counts)).Text);
        Assert.Equal("containers recognised now: none", Assert.Single(RuntimeCheck.Counts([])).Text);
    }

    [Fact]
    public void A_sink_whose_directory_is_there_is_writable_and_asking_makes_nothing()
    {
        Assert.Equal(Severity.Ok, Sink("metrics.lp").Severity);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void A_sink_that_cannot_be_written_fails_with_the_reason()
    {
        Assert.Contains("ENOENT", Sink("missing/metrics.lp").Text, StringComparison.Ordinal);
        _directory.Write("file", "");
        Assert.Contains("ENOTDIR", Sink("file/metrics.lp/x").Text, StringComparison.Ordinal);
        Assert.Contains("is not a directory", Sink("file/metrics.lp").Text, StringComparison.Ordinal);
        Directory.CreateDirectory(_directory.Path + "/sub");
        Assert.Contains("a file is wanted", Sink("sub").Text, StringComparison.Ordinal);
        Assert.All((string[])["missing/metrics.lp", "file/metrics.lp", "sub"], path => Assert.Equal(Severity.Fail, Sink(path).Severity));
    }

    [Fact]
    public void An_account_that_does_not_exist_is_told()
    {
        FileSinkOptions sink = new() { Name = "a", Path = _directory.Path + "/m", Owner = "no-such-user-here", Group = "no-such-group-here" };
        Assert.Equal([Severity.Warn, Severity.Warn, Severity.Ok], SinkCheck.Findings(sink).Select(finding => finding.Severity));
    }

    [Theory]
    [InlineData(0, "ok    x")]
    [InlineData(1, "warn  x")]
    [InlineData(2, "FAIL  x")]
    public void The_severity_stands_in_front(int severity, string line) => Assert.Equal(line, new Finding((Severity)severity, "x").ToString());

    private Finding Sink(string path) => Assert.Single(SinkCheck.Findings(new FileSinkOptions { Name = "a", Path = _directory.Path + "/" + path }));
}
