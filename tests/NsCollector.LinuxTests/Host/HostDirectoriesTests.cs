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
    public void Cgroup_hierarchy_that_may_not_be_listed_ends_with_1(string verb)
    {
        string root = MakeUnreadable("cgroup", "cgroup.controllers");
        AssertFails(verb, $"cannot open the cgroup hierarchy {root}: Permission denied (errno 13)", "--cgroup", root);
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("run")]
    public void Cgroup_directory_that_may_not_be_listed_ends_with_1(string verb)
    {
        string root = MakeUnreadable("cgroup");
        AssertFails(verb, $"cannot open the cgroup directory {root}: Permission denied (errno 13)", "--cgroup", root);
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("run")]
    [InlineData("check")]
    public void Procfs_that_may_not_be_listed_ends_with_1(string verb)
    {
        string root = MakeUnreadable("proc");
        AssertFails(verb, $"cannot open procfs {root}: Permission denied (errno 13)", "--proc", root);
    }

    /// <summary>A directory whose files can be looked up by name, and that cannot be listed.</summary>
    private string MakeUnreadable(string name, params string[] files)
    {
        string path = Path.Combine(_directory.Path, name);
        Directory.CreateDirectory(path);
        foreach (string file in files) File.WriteAllText(Path.Combine(path, file), "");
        Command.Run("chmod", "0100", path);
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
