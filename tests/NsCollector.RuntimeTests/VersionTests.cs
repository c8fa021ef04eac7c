namespace NsCollector.RuntimeTests;

/// <summary>The output of <c>nscollector version</c>.</summary>
public sealed class VersionTests
{
    /// <summary>Sources without a git clone have no commit to compare with.</summary>
    [Fact]
    public void Version_prints_the_commit_that_git_has_checked_out()
    {
        string[] words = AgentProgram.Words("version");
        string[] lines = Command.Run(words[0], words[1..]).Split('\n');
        string root = Root();
        string commit = Directory.Exists(root + "/.git") || File.Exists(root + "/.git") ? Command.Run("git", "-C", root, "rev-parse", "HEAD") : "unknown (not built from a git clone)";
        Assert.StartsWith("nscollector ", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines[1], (string[])["commit      " + commit, $"commit      {commit}, modified"]);
        Assert.EndsWith(Environment.GetEnvironmentVariable("AGENT_UNDER_TEST") is { Length: > 0 } ? ", native AOT" : ", just-in-time compiled", lines[2], StringComparison.Ordinal);
    }

    private static string Root()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "NsCollector.sln"))) return directory.FullName;
        }

        throw new InvalidOperationException($"No directory above {AppContext.BaseDirectory} contains NsCollector.sln.");
    }
}
