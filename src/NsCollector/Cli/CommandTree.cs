using System.CommandLine;

namespace NsCollector.Cli;

/// <summary>The commands and options as users see them, without the hidden ones: for what is suggested, and for what tools/NsCollector.DocGen makes from them.</summary>
internal static class CommandTree
{
    /// <summary>The commands directly within one.</summary>
    internal static IEnumerable<Command> Within(Command command) => command.Subcommands.Where(one => !one.Hidden);

    /// <summary>The options that a command itself has; those of the root hold for every command, except for --version.</summary>
    internal static IEnumerable<Option> OptionsOf(Command command) => command.Options.Where(option => !option.Hidden);

    /// <summary>All options that may stand behind a command.</summary>
    internal static IEnumerable<Option> OptionsAt(RootCommand root, Command command) =>
        command == root ? OptionsOf(root) : [.. OptionsOf(command), .. OptionsOf(root).Where(option => option.Recursive)];
}
