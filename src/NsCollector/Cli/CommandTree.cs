using System.CommandLine;

namespace NsCollector.Cli;

/// <summary>The commands as users see them: for what is generated from them, nscollector(1) and the shells' completions, and for what is suggested.</summary>
internal static class CommandTree
{
    /// <summary>The commands, each in front of those within it, with the words that name it (none for the root).</summary>
    internal static IEnumerable<(string Path, Command Command)> Of(RootCommand root) => Below("", root);

    /// <summary>The commands directly within one.</summary>
    internal static IEnumerable<Command> Within(Command command) => command.Subcommands.Where(one => !one.Hidden);

    /// <summary>The options that a command itself has; those of the root hold for every command, except for --version.</summary>
    internal static IEnumerable<Option> OptionsOf(Command command) => command.Options.Where(option => !option.Hidden);

    /// <summary>All options that may stand behind a command.</summary>
    internal static IEnumerable<Option> OptionsAt(RootCommand root, Command command) =>
        command == root ? OptionsOf(root) : [.. OptionsOf(command), .. OptionsOf(root).Where(option => option.Recursive)];

    /// <summary>The ways to write an option, the short one first.</summary>
    internal static IEnumerable<string> NamesOf(Option option) =>
        option.Aliases.Append(option.Name).Where(name => name.StartsWith('-') && name != "-?").Distinct().OrderBy(name => name.Length);

    private static IEnumerable<(string Path, Command Command)> Below(string path, Command command)
    {
        yield return (path, command);
        foreach (Command within in Within(command))
        {
            foreach ((string, Command) one in Below((path + " " + within.Name).TrimStart(), within)) yield return one;
        }
    }
}
