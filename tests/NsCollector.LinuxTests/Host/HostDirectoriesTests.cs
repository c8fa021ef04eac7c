namespace NsCollector.LinuxTests.Host;

/// <summary>An agent that cannot open the host's directories exits with status 1 and names directory and error.</summary>
public sealed class HostDirectoriesTests : IDisposable
{
    /// <summary>Root without the capabilities that override file permissions.</summary>
    private static readonly string[] WithoutOverride = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-dac_override,-dac_read_search"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("sample")]
    [InlineData("run")]
    [InlineData("check")]
    public void Unreadable_cgroup_hierarchy_exits_with_1(string verb)
    {
        string root = MakeUnreadable("cgroup", "cgroup.controllers");
        AssertFails(verb, $"cannot open the cgroup hierarchy {root}: Permission denied (errno 13)", "--cgroup", root);
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("run")]
    public void Unreadable_cgroup_directory_exits_with_1(string verb)
    {
        string root = MakeUnreadable("cgroup");
        AssertFails(verb, $"cannot open the cgroup directory {root}: Permission denied (errno 13)", "--cgroup", root);
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("run")]
    [InlineData("check")]
    public void Unreadable_procfs_exits_with_1(string verb)
    {
        string root = MakeUnreadable("proc");
        AssertFails(verb, $"cannot open procfs {root}: Permission denied (errno 13)", "--proc", root);
    }

    /// <summary>A directory that can be searched but not listed.</summary>
    private string MakeUnreadable(string name, params string[] files)
    {
        string path = Path.Combine(_directory.Path, name);
        Directory.CreateDirectory(path);
        foreach (string file in files) File.WriteAllText(Path.Combine(path, file), "");
        File.SetUnixFileMode(path, UnixFileMode.UserExecute);
        return path;
    }

    private void AssertFails(string verb, string reason, params string[] arguments)
    {
        (int exitCode, string output, string error) = NsCollectorProcess.Run(
            [verb, "--set", $"file:main:path={_directory.Path}/metrics.lp", .. arguments], directory: _directory.Path, through: WithoutOverride);
        Assert.True(exitCode == 1, $"status {exitCode}: {output}{error}");
        Assert.Contains(reason, output + error, StringComparison.Ordinal);
    }
}
