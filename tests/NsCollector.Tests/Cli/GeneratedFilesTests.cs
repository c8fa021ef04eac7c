using NsCollector.DocGen;

namespace NsCollector.Tests.Cli;

/// <summary>Compares the checked-in generated files with what tools/NsCollector.DocGen generates.</summary>
public sealed class GeneratedFilesTests
{
    [Fact]
    public void Manual_page_of_command_is_current() => AssertGenerated("packaging/man/nscollector.1");

    [Fact]
    public void Manual_page_of_configuration_is_current() => AssertGenerated("packaging/man/nscollector.conf.5");

    [Fact]
    public void Completion_of_bash_is_current() => AssertGenerated("packaging/completions/nscollector.bash");

    [Fact]
    public void Completion_of_zsh_is_current() => AssertGenerated("packaging/completions/_nscollector");

    [Fact]
    public void Completion_of_fish_is_current() => AssertGenerated("packaging/completions/nscollector.fish");

    [Fact]
    public void Configuration_reference_is_current() => AssertGenerated("docs/configuration.md");

    [Fact]
    public void Example_configuration_is_current() => AssertGenerated("packaging/nscollector.conf");

    [Fact]
    public void Metrics_document_is_current() => AssertGenerated("docs/metrics.md");

    [Fact]
    public void Dashboards_and_alerts_are_current()
    {
        string[] paths = [.. GeneratedFile.All.Select(file => file.Path).Where(path => path.StartsWith("packaging/grafana/", StringComparison.Ordinal))];
        Assert.Equal(11, paths.Length);
        Assert.All(paths, AssertGenerated);
        Assert.Empty(Directory.EnumerateFiles(Repository.PathOf("packaging/grafana"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Repository.Root, path)).Except(paths));
    }

    private static void AssertGenerated(string path) =>
        Repository.AssertGenerated(path, Assert.Single(GeneratedFile.All, file => file.Path == path).Generate(Repository.Root));
}
