using System.Text;
using NsCollector.Host.Configuration;

namespace NsCollector.DocGen.Completions;

/// <summary>The parts of the completions that all three shells share, besides the command line.</summary>
internal static class CompletionText
{
    /// <summary>A key in the form of <c>--set</c>, without its value; NAME is a placeholder for the administrator's name.</summary>
    internal static string Setting(ConfigurationKey key) =>
        ConfigurationKeys.HasFreeKeys(key.Section) ? $"{key.Section.Name}:" : $"{key.Section.Pattern}:{key.Name}=";

    /// <summary>Sets of words, each with the keys that accept these words.</summary>
    internal static IEnumerable<(string[] Words, string[] Keys)> KeysByWords(string name) => ConfigurationKeys.All
        .Where(key => key.Words.Length > 0)
        .GroupBy(key => string.Join(' ', key.Words))
        .Select(same => (same.Key.Split(' '), same.Select(key => Setting(key).TrimEnd('=').Replace(":NAME:", $":{name}:", StringComparison.Ordinal)).ToArray()));

    /// <summary>The names of the sections that can occur several times.</summary>
    internal static IEnumerable<string> SectionsWithInstances => ConfigurationKeys.Sections.Where(section => section.HasInstances).Select(section => section.Name);

    /// <summary>The description of a candidate: one sentence without its full stop.</summary>
    internal static string Summary(string help)
    {
        int end = help.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? help.TrimEnd('.') : help[..end]).Replace("`", "", StringComparison.Ordinal);
    }

    /// <summary>Quotes a word for POSIX shells, so that nothing in it is expanded.</summary>
    internal static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>Replaces each mark of a template by the lines of the same name, with the indentation of the mark.</summary>
    internal static string Fill(string template, params (string Mark, StringBuilder Lines)[] parts)
    {
        foreach ((string mark, StringBuilder lines) in parts)
        {
            int at = template.IndexOf($"@{mark}@\n", StringComparison.Ordinal);
            int start = template.LastIndexOf('\n', at) + 1;
            string indent = template[start..at];
            IEnumerable<string> indented = lines.ToString().TrimEnd('\n').Split('\n').Select(line => indent + line + "\n");
            template = template[..start] + string.Concat(indented) + template[(at + mark.Length + 3)..];
        }

        return template;
    }
}
