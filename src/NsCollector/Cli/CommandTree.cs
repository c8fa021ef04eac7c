using System.CommandLine;

namespace NsCollector.Cli;

/// <summary>The visible commands and options, for suggestions and for tools/NsCollector.DocGen.</summary>
internal static class CommandTree
{
    /// <summary>The direct subcommands of a command.</summary>
    internal static IEnumerable<Command> SubcommandsOf(Command command) => command.Subcommands.Where(one => !one.Hidden);

    /// <summary>The command's own options. Those of the root apply to every command, except --version.</summary>
    internal static IEnumerable<Option> OptionsOf(Command command) => command.Options.Where(option => !option.Hidden);

    /// <summary>All options that a command accepts.</summary>
    internal static IEnumerable<Option> OptionsAt(RootCommand root, Command command) =>
        command == root ? OptionsOf(root) : [.. OptionsOf(command), .. OptionsOf(root).Where(option => option.Recursive)];
}
