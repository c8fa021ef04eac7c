using System.CommandLine;
using System.Text;
using NsCollector.Cli;
using NsCollector.Host.Configuration;

namespace NsCollector.DocGen.Completions;

/// <summary>Generates packaging/completions/nscollector.bash from its template.</summary>
internal static class BashCompletion
{
    /// <summary>The whole script.</summary>
    internal static string Script(string template, RootCommand root)
    {
        StringBuilder commands = new(), values = new(), settings = new(), words = new();
        foreach ((string path, Command command) in CommandList.Of(root))
        {
            string options = string.Join(' ', CommandTree.OptionsAt(root, command).Select(option => option.Name));
            commands.Append($"{CompletionText.Quoted(path)})\n");
            if (CommandTree.SubcommandsOf(command).Any()) commands.Append($"    commands=({string.Join(' ', CommandTree.SubcommandsOf(command).Select(one => one.Name))})\n");
            commands.Append($"    options=({options})\n");
            if (command.Arguments.Count > 0) commands.Append($"    argument={Name(CompletionValue.Of(command.Arguments[0]).Kind)}\n");
            commands.Append("    ;;\n");
        }

        foreach (IGrouping<string, Option> same in Distinct(root))
        {
            CompletionValue value = CompletionValue.Of(same.First());
            if (value.Kind == ValueKind.None) continue;
            string names = string.Join(" | ", CommandList.NamesOf(same.First()));
            string offered = value.Kind == ValueKind.Word ? $"kind=word words=({string.Join(' ', value.Words)})" : $"kind={Name(value.Kind)}";
            values.Append($"{names}) {offered} ;;\n");
        }

        foreach (ConfigurationKey key in ConfigurationKeys.All) settings.Append(CompletionText.Setting(key)).Append('\n');
        foreach ((string[] offered, string[] keys) in CompletionText.KeysByWords("*"))
        {
            words.Append(string.Join(" | ", keys)).Append($") words=({string.Join(' ', offered)}) ;;\n");
        }

        return CompletionText.Fill(template, ("COMMANDS", commands), ("VALUES", values), ("SETTINGS", settings), ("WORDS", words));
    }

    /// <summary>The options by name. Options of the same name take the same value in every command.</summary>
    internal static IEnumerable<IGrouping<string, Option>> Distinct(RootCommand root)
    {
        IGrouping<string, Option>[] byName = [.. CommandList.Of(root).SelectMany(one => CommandTree.OptionsOf(one.Command)).GroupBy(option => option.Name)];
        foreach (IGrouping<string, Option> same in byName)
        {
            if (same.Select(CompletionValue.Of).Distinct().Count() > 1) throw new InvalidOperationException($"{same.Key} takes other values in another command.");
        }

        return byName;
    }

    private static string Name(ValueKind kind) => kind.ToString().ToLowerInvariant();
}
