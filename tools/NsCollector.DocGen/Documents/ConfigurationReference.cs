using System.Text;
using NsCollector.Host.Configuration;

namespace NsCollector.DocGen.Documents;

/// <summary>
/// Generates docs/configuration.md and packaging/nscollector.conf from <see cref="ConfigurationKeys"/>.
/// </summary>
internal static class ConfigurationReference
{
    /// <summary>docs/configuration.md.</summary>
    internal static string Markdown()
    {
        StringBuilder text = new();
        text.Append(
            """
            # Configuration

            <!-- Generated: `make generate` writes it again; a test fails if it is stale. -->

            NsCollector needs no configuration. It reads these sources; a later one overrides an earlier one:

            1. `/etc/nscollector/nscollector.conf`, or the file that `--config` names, which must exist
            2. `conf.d/*.conf` beside that file, in the order of their names
            3. environment variables `NSCOLLECTOR_…`, with two underscores between section and key, in any case:
               `NSCOLLECTOR_agent__interval=5s`, `NSCOLLECTOR_file__main__path=/tmp/metrics.lp`
            4. `--set section:key=value` on the command line, any number of times: `--set agent:interval=5s`,
               `--set file:main:path=-`

            Files are INI in UTF-8, at most 1 MiB each: `[section]`, `key = value`, and comments with `#` or `;` **on their own
            lines**. Names of sections and keys ignore case. Unknown sections, unknown keys and invalid values are errors. The agent
            reports all of them with file and line and exits with status 78. `nscollector check` reports them too, and starts
            nothing.

            Durations are whole numbers with a unit (`500ms`, `10s`, `1m`, `1h`, `7d`). Sizes are bytes, plain or with a binary unit
            (`4096`, `512KiB`, `64MiB`, `1GiB`). Switches are `on` or `off` (also `true`, `false`, `yes`, `no`). Lists are separated
            by commas.

            Where the host's file systems are is set on the command line only: `--proc`, `--cgroup`, `--run`, `--sys`.

            """);

        foreach (ConfigurationSection section in ConfigurationKeys.Sections)
        {
            text.Append($"\n## [{section.Pattern}]\n\n{section.Help}\n\n| key | default | description | accepted values |\n|---|---|---|---|\n");
            foreach (ConfigurationKey key in ConfigurationKeys.Of(section))
            {
                text.Append($"| `{key.Name}` | {DefaultCell(key)} | {Cell(key.Help)} | {Cell(key.Expected)} |\n");
            }
        }

        return text.ToString();
    }

    /// <summary>packaging/nscollector.conf: every key, commented out, with its default or an example.</summary>
    internal static string ExampleFile()
    {
        StringBuilder text = new();
        text.Append(
            """
            # Configuration of NsCollector. Every key is listed, commented out, with its default or an example. Unchanged, this
            # file changes nothing. Files in conf.d/ are read after it and override it. `nscollector check` reports errors.
            # Put comments on their own lines. Reference: docs/configuration.md.

            """);

        foreach (ConfigurationSection section in ConfigurationKeys.Sections)
        {
            text.Append('\n');
            Comment(text, section.Help);
            text.Append($"#[{(section.HasInstances ? section.Name + ":main" : section.Name)}]\n");
            foreach (ConfigurationKey key in ConfigurationKeys.Of(section))
            {
                text.Append('\n');
                Comment(text, key.Help);
                Comment(text, $"Expected: {key.Expected}.");
                if (key.DefaultInWords is { } words) Comment(text, $"Default: {words}. For example:");
                else if (key.Default.Length == 0) Comment(text, "Default: empty. For example:");
                text.Append('#').Append(ExampleLine(key)).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The line of the example file for a key, without the comment sign.</summary>
    internal static string ExampleLine(ConfigurationKey key)
    {
        string value = key.DefaultInWords is null && key.Default.Length > 0 ? key.Default : key.Example ?? "";
        return ConfigurationKeys.HasFreeKeys(key.Section) ? value : $"{key.Name} = {value}".TrimEnd();
    }

    private static string DefaultCell(ConfigurationKey key) =>
        key.DefaultInWords is { } words ? words : key.Default.Length == 0 ? "empty" : $"`{key.Default}`";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static void Comment(StringBuilder text, string sentence)
    {
        int column = 0;
        foreach (string word in sentence.Split(' '))
        {
            if (column + word.Length + 1 > 118) column = 0;
            if (column == 0) text.Append(text.Length > 0 && text[^1] != '\n' ? "\n#" : "#");
            text.Append(' ').Append(word);
            column = column == 0 ? word.Length + 2 : column + word.Length + 1;
        }

        text.Append('\n');
    }
}
