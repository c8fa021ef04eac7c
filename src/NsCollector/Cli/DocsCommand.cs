using System.CommandLine;
using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.Cli;

/// <summary><c>nscollector docs</c>: prints the generated documents. For the developers, so it is left out of the help.</summary>
internal static class DocsCommand
{
    internal static Command Create()
    {
        Command command = new("docs", "Print a generated document.") { Hidden = true };
        command.Add(Document("configuration", "docs/configuration.md", ConfigurationReference.Markdown));
        command.Add(Document("conf", "packaging/nscollector.conf", ConfigurationReference.ExampleFile));
        return command;
    }

    private static Command Document(string name, string path, Func<string> text)
    {
        Command command = new(name, $"Print {path}.");
        command.SetAction(_ =>
        {
            Console.Out.Write(text());
            return ExitCode.Success;
        });
        return command;
    }
}
