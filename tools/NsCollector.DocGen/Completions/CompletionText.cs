using System.Text;
using NsCollector.Host.Configuration;

namespace NsCollector.DocGen.Completions;

/// <summary>What the completions of all three shells are made from, besides the command line.</summary>
internal static class CompletionText
{
    /// <summary>A key as <c>--set</c> takes it, up to its value; NAME stands for what the administrator chooses.</summary>
    internal static string Setting(ConfigurationKey key) =>
        ConfigurationKeys.HasFreeKeys(key.Section) ? $"{key.Section.Name}:" : $"{key.Section.Pattern}:{key.Name}=";

    /// <summary>The keys of the same few words, for each such set of words.</summary>
    internal static IEnumerable<(string[] Words, string[] Keys)> KeysByWords(string name) => ConfigurationKeys.All
        .Where(key => key.Words.Length > 0)
        .GroupBy(key => string.Join(' ', key.Words))
        .Select(same => (same.Key.Split(' '), same.Select(key => Setting(key).TrimEnd('=').Replace(":NAME:", $":{name}:", StringComparison.Ordinal)).ToArray()));

    /// <summary>The names of the sections of which there can be several.</summary>
    internal static IEnumerable<string> SectionsWithInstances => ConfigurationKeys.Sections.Where(section => section.HasInstances).Select(section => section.Name);

    /// <summary>What is told beside a candidate: one sentence, without its point.</summary>
    internal static string Summary(string help)
    {
        int end = help.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? help.TrimEnd('.') : help[..end]).Replace("`", "", StringComparison.Ordinal);
    }

    /// <summary>A word of POSIX shells, quoted so that nothing in it is expanded.</summary>
    internal static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>The template with its marks replaced, each by the lines of the same name, indented as the mark is.</summary>
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
