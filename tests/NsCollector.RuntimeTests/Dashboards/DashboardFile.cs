using System.Text.Json;
using System.Text.RegularExpressions;

namespace NsCollector.RuntimeTests.Dashboards;

/// <summary>The queries of a dashboard of packaging/grafana, with the variables replaced as Grafana does it.</summary>
internal static partial class DashboardFile
{
    private const string Window = "60s", Interval = "2s", RateInterval = "10s";

    /// <summary>The queries of the panels.</summary>
    /// <param name="path">The path below packaging/grafana/dashboards.</param>
    /// <param name="values">The values of a variable, by its query.</param>
    internal static DashboardQuery[] Read(string path, Func<string, string[]> values)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Repository.PathOf($"packaging/grafana/dashboards/{path}")));
        bool isInflux = path.StartsWith("influxql/", StringComparison.Ordinal);
        var variables = new Dictionary<string, string>();
        foreach (JsonElement variable in document.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray().Where(variable => variable.GetProperty("type").GetString() == "query"))
        {
            string name = variable.GetProperty("name").GetString()!;
            string[] found = values(Replace(variable.GetProperty("query").GetString()!, variables));
            Assert.True(found.Length > 0, $"{path}: the variable {name} has no value");

            // Grafana escapes values for regular expressions, and for the quotes of PromQL.
            IEnumerable<string> escaped = found.Select(Regex.Escape).Select(value => isInflux ? value.Replace("/", "\\/", StringComparison.Ordinal) : value.Replace("\\", "\\\\", StringComparison.Ordinal));
            variables.Add(name, $"({string.Join('|', escaped)})");
        }

        return
        [
            .. document.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _)).SelectMany(panel => panel.GetProperty("targets").EnumerateArray().Select(target =>
                new DashboardQuery($"{path}\t{panel.GetProperty("title").GetString()}\t{target.GetProperty("refId").GetString()}", Replace(target.GetProperty(isInflux ? "query" : "expr").GetString()!, variables)))),
        ];
    }

    /// <summary>Replaces Grafana's variables.</summary>
    internal static string Replace(string query, Dictionary<string, string> variables) => Variable().Replace(query, match => match.Groups[1].Value switch
    {
        "__rate_interval" => RateInterval,
        "__interval" => Interval,
        "__range" => Window,
        "timeFilter" => $"time > now() - {Window}",
        string name => variables.TryGetValue(name, out string? value) ? value : match.Value,
    });

    [GeneratedRegex(@"\$([A-Za-z_]+)")]
    private static partial Regex Variable();
}
