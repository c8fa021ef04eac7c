using System.Text;

namespace NsCollector.Tests.Fixtures;

/// <summary>An embedded file whose sections begin with <c>== NAME</c>.</summary>
internal static class RecordedSections
{
    /// <summary>The text of each section, by name.</summary>
    /// <param name="resource">The name of the resource: <c>Telegraf/v1-disk-20.txt</c>.</param>
    public static Dictionary<string, string> Read(string resource)
    {
        Dictionary<string, string> sections = [];
        var text = new StringBuilder();
        string? section = null;
        foreach (string line in Text(resource).TrimEnd('\n').Split('\n'))
        {
            if (!line.StartsWith("== ", StringComparison.Ordinal))
            {
                text.Append(line).Append('\n');
                continue;
            }

            if (section is not null) sections[section] = text.ToString();
            section = line[3..];
            text.Clear();
        }

        sections[section!] = text.ToString();
        return sections;
    }

    /// <summary>The whole text.</summary>
    public static string Text(string resource)
    {
        using Stream stream = typeof(RecordedSections).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
