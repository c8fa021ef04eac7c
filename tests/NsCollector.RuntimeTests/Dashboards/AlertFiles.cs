using System.Globalization;
using System.Text.RegularExpressions;

namespace NsCollector.RuntimeTests.Dashboards;

/// <summary>The files of packaging/grafana/alerts.</summary>
internal static partial class AlertFiles
{
    /// <summary>The rules of Prometheus.</summary>
    internal static string PrometheusRules => File.ReadAllText(Repository.PathOf("packaging/grafana/alerts/prometheus.rules.yaml"));

    /// <summary>The rules of Prometheus with seconds for minutes, so that each can fire within a test.</summary>
    internal static string ShortPrometheusRules => ForTime().Replace(PrometheusRules, "for: 1s").Replace("[5m]", "[8s]", StringComparison.Ordinal)
        .Replace("[10m]", "[10s]", StringComparison.Ordinal).Replace("offset 10m", "offset 10s", StringComparison.Ordinal)
        .Replace("[15m]", "[90s]", StringComparison.Ordinal).Replace("> 300", "> 2", StringComparison.Ordinal);

    /// <summary>The names of the alerts of Prometheus.</summary>
    internal static string[] Names => [.. PrometheusName().Matches(PrometheusRules).Select(match => match.Groups[1].Value)];

    /// <summary>For how many minutes the figure of an alert must be above its threshold.</summary>
    internal static int ForMinutes(string alert)
    {
        string time = Regex.Match(PrometheusRules, $@"alert: {alert}\n.*\n +for: (\w+)").Groups[1].Value;
        return time == "0s" ? 0 : int.Parse(time.TrimEnd('m'), CultureInfo.InvariantCulture);
    }

    /// <summary>The rules of Grafana.</summary>
    /// <param name="source"><c>prometheus</c> or <c>influxql</c>.</param>
    internal static GrafanaAlert[] Grafana(string source) =>
    [
        .. GrafanaRule().Matches(File.ReadAllText(Repository.PathOf($"packaging/grafana/alerts/grafana-{source}.yaml"))).Select(match => new GrafanaAlert(
            match.Groups[1].Value, match.Groups[3].Value.Replace("''", "'", StringComparison.Ordinal), int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture), double.Parse(match.Groups[4].Value, CultureInfo.InvariantCulture))),
    ];

    [GeneratedRegex("for: [0-9]+[sm]")]
    private static partial Regex ForTime();

    [GeneratedRegex("- alert: (.*)")]
    private static partial Regex PrometheusName();

    [GeneratedRegex(@"title: (\w+)\n.*?relativeTimeRange: \{ from: (\d+),.*?\n +(?:expr|query): '(.*?)'\n.*?params: \[ ([0-9.]+) \]", RegexOptions.Singleline)]
    private static partial Regex GrafanaRule();
}
