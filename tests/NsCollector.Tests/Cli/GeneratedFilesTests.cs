using System.CommandLine;
using NsCollector.Cli;
using NsCollector.Cli.Completions;
using NsCollector.Cli.Manual;
using NsCollector.Host;

namespace NsCollector.Tests.Cli;

/// <summary>The manual pages and the shells' completions are made from their templates, the command line and the table of keys.</summary>
public sealed class GeneratedFilesTests
{
    private static readonly RootCommand Root = CommandLine.Create(new AgentParts
    {
        CreateCore = _ => throw new InvalidOperationException(),
        Sample = (_, _, _) => throw new InvalidOperationException(),
        CountContainers = _ => throw new InvalidOperationException(),
    });

    [Fact]
    public void The_manual_page_of_the_command_is_not_stale() => AssertGenerated("packaging/man/nscollector.1", template => CommandManual.Page(template, Root));

    [Fact]
    public void The_manual_page_of_the_configuration_is_not_stale() => AssertGenerated("packaging/man/nscollector.conf.5", ConfigurationManual.Page);

    [Fact]
    public void The_completion_of_bash_is_not_stale() => AssertGenerated("packaging/completions/nscollector.bash", template => BashCompletion.Script(template, Root));

    [Fact]
    public void The_completion_of_zsh_is_not_stale() => AssertGenerated("packaging/completions/_nscollector", template => ZshCompletion.Script(template, Root));

    [Fact]
    public void The_completion_of_fish_is_not_stale() => AssertGenerated("packaging/completions/nscollector.fish", template => FishCompletion.Script(template, Root));

    private static void AssertGenerated(string path, Func<string, string> generate) =>
        Repository.AssertGenerated(path, generate(File.ReadAllText(Repository.PathOf(path + ".in"))));
}
