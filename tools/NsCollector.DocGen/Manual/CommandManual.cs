using System.CommandLine;
using System.Text;
using NsCollector.Cli;
using NsCollector.Host;

namespace NsCollector.DocGen.Manual;

/// <summary>
/// Generates nscollector(1) from its template packaging/man/nscollector.1.in and the command line, so that the page and <c>--help</c>
/// have the same commands and options.
/// </summary>
internal static class CommandManual
{
    /// <summary>The whole page.</summary>
    /// <param name="template">The prose, with <c>@COMMANDS@</c>, <c>@OPTIONS@</c> and <c>@VERSION@</c>.</param>
    /// <param name="root">The command line.</param>
    internal static string Page(string template, RootCommand root)
    {
        (string Path, Command Command)[] commands = [.. CommandList.Of(root).Where(one => one.Command != root)];

        // Options that several commands share are described once.
        HashSet<string> shared = [.. commands.SelectMany(one => CommandTree.OptionsOf(one.Command)).GroupBy(Key).Where(same => same.Count() > 1).Select(same => same.Key)];
        StringBuilder verbs = new(), options = new();
        foreach ((string path, Command command) in commands) Append(verbs, path, command, shared);

        options.Append(".SS Of every command\n");
        foreach (Option option in CommandTree.OptionsOf(root).Where(option => option.Recursive)) Append(options, option);
        options.Append(".SS Of the commands that name them above\n");
        foreach (Option option in commands.SelectMany(one => CommandTree.OptionsOf(one.Command)).Where(option => shared.Contains(Key(option))).DistinctBy(Key)) Append(options, option);
        options.Append(".SS Instead of a command\n");
        foreach (Option option in CommandTree.OptionsOf(root).Where(option => !option.Recursive)) Append(options, option);

        return template
            .Replace("@COMMANDS@\n", verbs.ToString(), StringComparison.Ordinal)
            .Replace("@OPTIONS@\n", options.ToString(), StringComparison.Ordinal)
            .Replace("@VERSION@", BuildInformation.Version, StringComparison.Ordinal);
    }

    private static string Key(Option option) => $"{option.Name} {option.HelpName} {option.Description}";

    private static void Append(StringBuilder page, string path, Command command, HashSet<string> shared)
    {
        page.Append($".SS {RoffText.Argument(path)}\n");
        if (CommandTree.SubcommandsOf(command).Any())
        {
            page.Append(RoffText.Prose(command.Description!)).Append('\n');
            return;
        }

        page.Append(".PD 0\n.HP\n").Append(RoffText.Bold("nscollector " + path));
        foreach (Option option in CommandTree.OptionsOf(command)) page.Append(" [").Append(Written(option, CommandList.NamesOf(option).Take(1))).Append(']');
        foreach (Argument argument in command.Arguments)
        {
            string many = argument.Arity.MaximumNumberOfValues > 1 ? "..." : "";
            string written = RoffText.Italic(argument.Name) + many;
            page.Append(' ').Append(argument.Arity.MinimumNumberOfValues == 0 ? $"[{written}]" : written);
        }

        page.Append("\n.PD\n.PP\n").Append(RoffText.Prose(command.Description!)).Append('\n');
        foreach (Argument argument in command.Arguments) page.Append($".TP\n{RoffText.Italic(argument.Name)}\n{RoffText.Prose(argument.Description!)}\n");
        foreach (Option option in CommandTree.OptionsOf(command).Where(option => !shared.Contains(Key(option)))) Append(page, option);
    }

    private static void Append(StringBuilder page, Option option) =>
        page.Append($".TP\n{Written(option, CommandList.NamesOf(option))}\n{RoffText.Prose(option.Description!)}\n");

    private static string Written(Option option, IEnumerable<string> names) =>
        string.Join(", ", names.Select(RoffText.Bold)) + (option.HelpName is { } value ? " " + RoffText.Italic(value) : "");
}
