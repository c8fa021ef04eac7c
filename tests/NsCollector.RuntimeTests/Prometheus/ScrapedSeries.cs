using System.Globalization;
using System.Text.RegularExpressions;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>A series of a page in text format.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels, as escaped on the page.</param>
/// <param name="Value">Its value.</param>
internal sealed partial record ScrapedSeries(string Name, Dictionary<string, string> Labels, double Value)
{
    /// <summary>Scrapes a page.</summary>
    internal static ScrapedSeries[] Read(string address, string path) =>
        [.. Command.Run("curl", "-sf", $"http://{address}{path}").Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(Parse)];

    private static ScrapedSeries Parse(string line)
    {
        int name = line.IndexOfAny(['{', ' ']), end = Math.Max(name, line.LastIndexOf('}') + 1);
        Dictionary<string, string> labels = Label().Matches(line[name..end]).ToDictionary(label => label.Groups[1].Value, label => label.Groups[2].Value);
        return new ScrapedSeries(line[..name], labels, double.Parse(line[end..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("([a-z_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Label();
}
