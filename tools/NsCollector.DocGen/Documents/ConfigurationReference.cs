using System.Text;
using NsCollector.Host.Configuration;

namespace NsCollector.DocGen.Documents;

/// <summary>
/// docs/configuration.md and packaging/nscollector.conf from <see cref="ConfigurationKeys"/>, so that both say what the
/// agent does.
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

            <!-- Generated: `make generate` writes it again; a test fails when it is stale. -->

            NsCollector works with no configuration at all. What there is comes from these places; a later one wins over an earlier:

            1. `/etc/nscollector/nscollector.conf`, or the file that `--config` names (which then must exist);
            2. `conf.d/*.conf` beside that file, in the order of their names;
            3. environment variables `NSCOLLECTOR_…`, section and key joined by two underscores, in any case:
               `NSCOLLECTOR_agent__interval=5s`, `NSCOLLECTOR_file__main__path=/tmp/metrics.lp`;
            4. `--set section:key=value` on the command line, any number of times: `--set agent:interval=5s`,
               `--set file:main:path=-`.

            Files are INI in UTF-8, at most 1 MiB each: `[section]`, `key = value`, comments with `#` or `;` **on lines of their own**.
            Case does not matter in the names of sections and keys. An unknown section or key and a value that is not right are errors:
            all of them are named, with the file and line, and the exit status is 78. `nscollector check` tells them without starting
            anything.

            Durations are whole numbers with a unit (`500ms`, `10s`, `1m`, `1h`, `7d`), sizes are bytes, plain or with a binary unit
            (`4096`, `512KiB`, `64MiB`, `1GiB`), switches are `on` or `off` (also `true`, `false`, `yes`, `no`), lists are separated by
            commas.

            The roots of the host's trees are options of the command line only: `--proc`, `--cgroup`, `--run`, `--sys`.

            """);

        foreach (ConfigurationSection section in ConfigurationKeys.Sections)
        {
            text.Append($"\n## [{section.Pattern}]\n\n{section.Help}\n\n| key | default | what it does | what is right |\n|---|---|---|---|\n");
            foreach (ConfigurationKey key in ConfigurationKeys.Of(section))
            {
                text.Append($"| `{key.Name}` | {DefaultCell(key)} | {Cell(key.Help)} | {Cell(key.Wanted)} |\n");
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
            # NsCollector's configuration. Every key is here, commented out with its default: this file as it stands changes
            # nothing. Files in conf.d/ beside it are read after it, and win. `nscollector check` tells what is wrong.
            # Comments stand on lines of their own. The reference is docs/configuration.md.

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
                Comment(text, $"Wanted: {key.Wanted}.");
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
