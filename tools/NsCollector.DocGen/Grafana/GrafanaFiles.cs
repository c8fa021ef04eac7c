namespace NsCollector.DocGen.Grafana;

/// <summary>The files of packaging/grafana.</summary>
internal static class GrafanaFiles
{
    private const string Directory = "packaging/grafana/";

    /// <summary>Their paths in the repository, and their contents.</summary>
    internal static (string Path, Func<string> Generate)[] All { get; } =
    [
        .. Dashboards(DataSource.Prometheus, "prometheus"),
        .. Dashboards(DataSource.Influx, "influxql"),
        (Directory + "alerts/prometheus.rules.yaml", AlertDocuments.PrometheusRules),
        (Directory + "alerts/grafana-prometheus.yaml", () => AlertDocuments.GrafanaRules(DataSource.Prometheus)),
        (Directory + "alerts/grafana-influxql.yaml", () => AlertDocuments.GrafanaRules(DataSource.Influx)),
    ];

    private static IEnumerable<(string Path, Func<string> Generate)> Dashboards(DataSource source, string name) =>
        new[] { OverviewBoard.Board, ContainerBoard.Board, DensityBoard.Board, AgentBoard.Board }
            .Select(board => ($"{Directory}dashboards/{name}/{board.Name}.json", (Func<string>)(() => DashboardDocument.Render(board, source))));
}
