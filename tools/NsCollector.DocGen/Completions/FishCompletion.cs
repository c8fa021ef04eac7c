using System.CommandLine;
using System.Text;
using NsCollector.Cli;
using NsCollector.Host.Configuration;

namespace NsCollector.DocGen.Completions;

/// <summary>Generates packaging/completions/nscollector.fish from its template.</summary>
internal static class FishCompletion
{
    /// <summary>The whole script.</summary>
    internal static string Script(string template, RootCommand root)
    {
        StringBuilder paths = new(), valued = new(), settings = new(), words = new(), completions = new();
        paths.Append("case ").AppendJoin(' ', CommandList.Of(root).Where(one => one.Path.Length > 0).Select(one => Quoted(one.Path))).Append('\n');
        valued.Append("case ").AppendJoin(' ', BashCompletion.Distinct(root)
            .Where(same => CompletionValue.Of(same.First()).Kind != ValueKind.None).SelectMany(same => CommandList.NamesOf(same.First()))).Append('\n');

        foreach (ConfigurationKey key in ConfigurationKeys.All)
        {
            string setting = CompletionText.Setting(key).Replace(":NAME:", ":$name:", StringComparison.Ordinal);
            settings.Append($"echo \"{setting}\"\\t{Quoted(CompletionText.Summary(key.Help))}\n");
        }

        foreach ((string[] offered, string[] keys) in CompletionText.KeysByWords("*")) words.Append($"case {string.Join(' ', keys.Select(Quoted))}\n    set words {string.Join(' ', offered)}\n");
        foreach ((string path, Command command) in CommandList.Of(root)) Append(completions, path, command, root);
        return CompletionText.Fill(template, ("PATHS", paths), ("VALUED", valued), ("SETTINGS", settings), ("WORDS", words), ("COMPLETIONS", completions));
    }

    private static void Append(StringBuilder completions, string path, Command command, RootCommand root)
    {
        string at = $"complete -c nscollector -n {Quoted($"__nscollector_at \"{path}\"")}";
        foreach (Command within in CommandTree.SubcommandsOf(command)) completions.Append($"{at} -a {within.Name} -d {Quoted(CompletionText.Summary(within.Description!))}\n");
        foreach (Argument argument in command.Arguments.Where(argument => CompletionValue.Of(argument).Kind == ValueKind.File)) completions.Append($"{at} -F\n");
        foreach (Option option in CommandTree.OptionsAt(root, command))
        {
            string names = string.Join(' ', CommandList.NamesOf(option).Select(name => name.StartsWith("--", StringComparison.Ordinal) ? "-l " + name[2..] : "-s " + name[1..]));
            completions.Append($"{at} {names}{Behind(CompletionValue.Of(option))} -d {Quoted(CompletionText.Summary(option.Description!))}\n");
        }
    }

    private static string Behind(CompletionValue value) => value.Kind switch
    {
        ValueKind.None => "",
        ValueKind.File => " -r -F",
        ValueKind.Directory => " -x -a '(__nscollector_directories)'",
        ValueKind.Word => $" -x -a {Quoted(string.Join(' ', value.Words))}",
        ValueKind.Setting => " -x -a '(__nscollector_settings)'",
        _ => " -x",
    };

    // In single quotes fish has two escapes: \\ and \'.
    private static string Quoted(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
