namespace NsCollector.LinuxTests.Host;

/// <summary>An agent that cannot open the directories it reads from ends with status 1 and names the directory and the error.</summary>
public sealed class HostDirectoriesTests : IDisposable
{
    /// <summary>As root, but subject to the modes of files.</summary>
    private static readonly string[] WithoutOverride = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-dac_override,-dac_read_search"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("sample")]
    [InlineData("run")]
    [InlineData("check")]
    public void Cgroup_root_that_may_not_be_read_ends_with_1(string verb)
    {
        // Its files can be looked up, so that it is recognised as a hierarchy, but it cannot be listed.
        string root = Path.Combine(_directory.Path, "cgroup");
        Directory.CreateDirectory(root);
        File.WriteAllText(Path.Combine(root, "cgroup.controllers"), "cpu memory\n");
        Command.Run("chmod", "0100", root);
        AssertFails(verb, $"cannot open the cgroup hierarchy {root}: Permission denied (errno 13)", WithoutOverride, "--cgroup", root);
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("run")]
    public void Cgroup_root_that_is_missing_ends_with_1(string verb)
    {
        string root = Path.Combine(_directory.Path, "missing");
        AssertFails(verb, $"cannot open the cgroup directory {root}: No such file or directory (errno 2)", [], "--cgroup", root);
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("run")]
    [InlineData("check")]
    public void Procfs_that_is_missing_ends_with_1(string verb)
    {
        string root = Path.Combine(_directory.Path, "proc");
        AssertFails(verb, $"cannot open procfs {root}: No such file or directory (errno 2)", [], "--proc", root);
    }

    private void AssertFails(string verb, string reason, string[] through, params string[] arguments)
    {
        (int exitCode, string output, string error) = NsCollectorProcess.Run(
            [verb, "--set", $"file:main:path={_directory.Path}/metrics.lp", .. arguments], directory: _directory.Path, through: through);
        Assert.True(exitCode == 1, $"status {exitCode}: {output}{error}");
        Assert.Contains(reason, output + error, StringComparison.Ordinal);
    }
}
