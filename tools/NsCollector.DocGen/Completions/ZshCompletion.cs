using System.CommandLine;
using System.Text;
using NsCollector.Cli;
using NsCollector.Host.Configuration;

namespace NsCollector.DocGen.Completions;

/// <summary>Generates packaging/completions/_nscollector from its template.</summary>
internal static class ZshCompletion
{
    /// <summary>The whole script.</summary>
    internal static string Script(string template, RootCommand root)
    {
        StringBuilder functions = new(), settings = new(), words = new();
        foreach ((string path, Command command) in CommandList.Of(root).Where(one => one.Path.Length > 0).Reverse().Append(("", root)))
        {
            if (functions.Length > 0) functions.Append('\n');
            Append(functions, path, command, root);
        }

        foreach (ConfigurationKey key in ConfigurationKeys.All)
        {
            string setting = CompletionText.Setting(key).Replace(":", "\\:", StringComparison.Ordinal);
            string quoted = CompletionText.Quoted($"{setting}:{CompletionText.Summary(key.Help)}");
            settings.Append(quoted.Replace(@"\:NAME\:", @"\:'$name'\:", StringComparison.Ordinal)).Append('\n');
        }

        foreach ((string[] offered, string[] keys) in CompletionText.KeysByWords("*")) words.Append($"({string.Join('|', keys)}) words=({string.Join(' ', offered)}) ;;\n");
        return CompletionText.Fill(template, ("FUNCTIONS", functions), ("SETTINGS", settings), ("WORDS", words));
    }

    private static void Append(StringBuilder functions, string path, Command command, RootCommand root)
    {
        Command[] within = [.. CommandTree.SubcommandsOf(command)];
        functions.Append(Function(path)).Append("() {\n");
        if (within.Length > 0) functions.Append("    local curcontext=$curcontext state state_descr line ret=1\n    typeset -A opt_args\n");
        functions.Append($"    _arguments -s {(within.Length > 0 ? "-C " : "")}\\\n");
        foreach (Option option in CommandTree.OptionsAt(root, command)) functions.Append($"        {Specification(option)} \\\n");
        foreach (Argument argument in command.Arguments)
        {
            string position = argument.Arity.MaximumNumberOfValues > 1 ? "*" : "1";
            functions.Append($"        '{position}:{argument.Name}:{Action(CompletionValue.Of(argument))}' \\\n");
        }

        if (within.Length == 0)
        {
            functions.Length -= 3;
            functions.Append("\n}\n");
            return;
        }

        functions.Append("        '1:command:->command' \\\n        '*::argument:->argument' && ret=0\n    case $state in\n        (command)\n            local -a commands=(\n");
        foreach (Command one in within) functions.Append($"                {CompletionText.Quoted($"{one.Name}:{CompletionText.Summary(one.Description!)}")}\n");
        functions.Append("            )\n            _describe -t commands command commands && ret=0\n            ;;\n        (argument)\n            case $words[1] in\n");
        foreach (Command one in within) functions.Append($"                ({one.Name}) {Function((path + " " + one.Name).TrimStart())} && ret=0 ;;\n");
        functions.Append("            esac\n            ;;\n    esac\n    return ret\n}\n");
    }

    // The form of _arguments is '(excluded options)'{names}'[description]:value:candidates'.
    private static string Specification(Option option)
    {
        CompletionValue value = CompletionValue.Of(option);
        string[] names = [.. CommandList.NamesOf(option)];
        bool repeats = value.Kind == ValueKind.Setting;
        bool alone = value.Kind == ValueKind.None && option.Action is not null;
        string[] written = [.. names.Select(name => value.Kind == ValueKind.None ? name : name.StartsWith("--", StringComparison.Ordinal) ? name + "=" : name + "+")];
        string excluded = repeats ? "*" : alone ? "(- *)" : $"({string.Join(' ', names)})";
        string description = CompletionText.Summary(option.Description!).Replace("[", @"\[", StringComparison.Ordinal).Replace("]", @"\]", StringComparison.Ordinal);
        string behind = value.Kind == ValueKind.None ? "" : $":{value.HelpName.Replace(":", @"\:", StringComparison.Ordinal)}:{Action(value)}";
        string tail = CompletionText.Quoted($"[{description}]{behind}");
        return written.Length > 1 ? $"'{excluded}'{{{string.Join(',', written)}}}{tail}" : $"'{excluded}{written[0]}{tail[1..]}";
    }

    private static string Action(CompletionValue value) => value.Kind switch
    {
        ValueKind.File => "_files",
        ValueKind.Directory => "_files -/",
        ValueKind.Word => $"({string.Join(' ', value.Words)})",
        ValueKind.Setting => "_nscollector_settings",
        _ => " ",
    };

    private static string Function(string path) => ("_nscollector " + path).TrimEnd().Replace(' ', '_');
}
