using System.CommandLine;
using NsCollector.Cli;
using NsCollector.DocGen.Completions;
using NsCollector.DocGen.Documents;
using NsCollector.DocGen.Grafana;
using NsCollector.DocGen.Manual;
using NsCollector.Host;

namespace NsCollector.DocGen;

/// <summary>A checked-in file that is generated from the agent's code, and from a template beside it (PATH.in) if it contains prose.</summary>
internal sealed class GeneratedFile
{
    // Only parses the command line and runs none of its commands.
    private static readonly RootCommand Root = CommandLine.Create(new AgentParts
    {
        CreateCore = _ => throw new InvalidOperationException(),
        Sample = (_, _, _) => throw new InvalidOperationException(),
        CountContainers = _ => throw new InvalidOperationException(),
    });

    private readonly Func<string, string> _generate;

    private GeneratedFile(string path, Func<string, string> generate) => (Path, _generate) = (path, generate);

    /// <summary>Every generated file.</summary>
    internal static GeneratedFile[] All { get; } =
    [
        WithoutTemplate("docs/configuration.md", ConfigurationReference.Markdown),
        WithoutTemplate("docs/metrics.md", MetricsDocument.Render),
        WithoutTemplate("packaging/nscollector.conf", ConfigurationReference.ExampleFile),
        FromTemplate("packaging/man/nscollector.1", template => CommandManual.Page(template, Root)),
        FromTemplate("packaging/man/nscollector.conf.5", ConfigurationManual.Page),
        FromTemplate("packaging/completions/nscollector.bash", template => BashCompletion.Script(template, Root)),
        FromTemplate("packaging/completions/_nscollector", template => ZshCompletion.Script(template, Root)),
        FromTemplate("packaging/completions/nscollector.fish", template => FishCompletion.Script(template, Root)),
        .. GrafanaFiles.All.Select(file => WithoutTemplate(file.Path, file.Generate)),
    ];

    /// <summary>Its path in the repository.</summary>
    internal string Path { get; }

    /// <summary>The content of the file.</summary>
    /// <param name="repository">The directory of the repository, which has the template.</param>
    /// <exception cref="IOException">The template cannot be read.</exception>
    internal string Generate(string repository) => _generate(repository);

    private static GeneratedFile WithoutTemplate(string path, Func<string> generate) => new(path, _ => generate());

    private static GeneratedFile FromTemplate(string path, Func<string, string> generate) =>
        new(path, repository => generate(File.ReadAllText(System.IO.Path.Combine(repository, path + ".in"))));
}
