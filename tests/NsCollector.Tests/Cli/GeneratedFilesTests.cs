using NsCollector.DocGen;

namespace NsCollector.Tests.Cli;

/// <summary>The checked-in files are what tools/NsCollector.DocGen makes from the command line, the table of keys and the metric catalogue.</summary>
public sealed class GeneratedFilesTests
{
    [Fact]
    public void The_manual_page_of_the_command_is_not_stale() => AssertGenerated("packaging/man/nscollector.1");

    [Fact]
    public void The_manual_page_of_the_configuration_is_not_stale() => AssertGenerated("packaging/man/nscollector.conf.5");

    [Fact]
    public void The_completion_of_bash_is_not_stale() => AssertGenerated("packaging/completions/nscollector.bash");

    [Fact]
    public void The_completion_of_zsh_is_not_stale() => AssertGenerated("packaging/completions/_nscollector");

    [Fact]
    public void The_completion_of_fish_is_not_stale() => AssertGenerated("packaging/completions/nscollector.fish");

    [Fact]
    public void The_reference_of_the_configuration_is_not_stale() => AssertGenerated("docs/configuration.md");

    [Fact]
    public void The_example_of_the_configuration_is_not_stale() => AssertGenerated("packaging/nscollector.conf");

    [Fact]
    public void The_document_of_the_metrics_is_not_stale() => AssertGenerated("docs/metrics.md");

    private static void AssertGenerated(string path) =>
        Repository.AssertGenerated(path, Assert.Single(GeneratedFile.All, file => file.Path == path).Generate(Repository.Root));
}
