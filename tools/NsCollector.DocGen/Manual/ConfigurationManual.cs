using System.Text;
using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.DocGen.Manual;

/// <summary>
/// Generates nscollector.conf(5) from its template packaging/man/nscollector.conf.5.in and the table of keys.
/// </summary>
internal static class ConfigurationManual
{
    /// <summary>The whole page.</summary>
    /// <param name="template">The prose, with <c>@SECTIONS@</c> and <c>@VERSION@</c>.</param>
    internal static string Page(string template)
    {
        StringBuilder page = new();
        foreach (ConfigurationSection section in ConfigurationKeys.Sections)
        {
            page.Append($".SS {RoffText.Argument($"[{section.Pattern}]")}\n{RoffText.Prose(section.Help)}\n");
            foreach (ConfigurationKey key in ConfigurationKeys.Of(section))
            {
                string name = ConfigurationKeys.HasFreeKeys(section) ? RoffText.Italic(key.Name) : RoffText.Bold(key.Name);
                page.Append($".TP\n{name}\n{RoffText.Prose(key.Help)}\n.br\n{RoffText.Prose($"Expected: {key.Expected}.")}\n.br\n{RoffText.Prose($"Default: {Default(key)}.")}\n");
            }
        }

        return template
            .Replace("@SECTIONS@\n", page.ToString(), StringComparison.Ordinal)
            .Replace("@VERSION@", BuildInformation.Version, StringComparison.Ordinal);
    }

    private static string Default(ConfigurationKey key) => key.DefaultInWords ?? (key.Default.Length == 0 ? "empty" : $"`{key.Default}`");
}
