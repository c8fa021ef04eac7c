using System.CommandLine;
using NsCollector.Cli;

namespace NsCollector.DocGen;

/// <summary>All commands in the order of the manual page.</summary>
internal static class CommandList
{
    /// <summary>The commands, each before its subcommands, with the words of its name (none for the root).</summary>
    internal static IEnumerable<(string Path, Command Command)> Of(RootCommand root) => Below("", root);

    /// <summary>The names of an option, the short one first.</summary>
    internal static IEnumerable<string> NamesOf(Option option) =>
        option.Aliases.Append(option.Name).Where(name => name.StartsWith('-') && name != "-?").Distinct().OrderBy(name => name.Length);

    private static IEnumerable<(string Path, Command Command)> Below(string path, Command command)
    {
        yield return (path, command);
        foreach (Command within in CommandTree.SubcommandsOf(command))
        {
            foreach ((string, Command) one in Below((path + " " + within.Name).TrimStart(), within)) yield return one;
        }
    }
}
