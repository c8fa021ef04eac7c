using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using NsCollector.RuntimeTests.Docker;
using NsCollector.RuntimeTests.Influx;
using NsCollector.RuntimeTests.Prometheus;

namespace NsCollector.RuntimeTests.Dashboards;

/// <summary>The queries of packaging/grafana in a real Prometheus and a real InfluxDB over real containers.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed partial class DashboardTests(DashboardScene scene) : IClassFixture<DashboardScene>
{
    private static readonly string[] Boards = ["overview", "container", "density", "agent"];

    // Which subject of the scene fires each alert.
    private static readonly (string Alert, string Subject)[] Subjects =
    [
        ("ContainerThrottled", "boards-throttled"), ("ContainerMemoryNearLimit", "boards-full"), ("ContainerOOMKilled", "boards-oom"), ("ContainerRestarting", "boards-again"),
        ("ContainerAcceptQueueFull", "boards-queue"), ("ContainerAcceptQueueOverflows", "boards-queue"), ("ContainerRetransmits", "boards-crowd"),
        ("NsCollectorLate", DashboardScene.TroubledHost), ("NsCollectorSpoolGrowing", "influx:dead"), ("NsCollectorPointsDropped", "influx:dead"), ("NsCollectorPointsRefused", "influx:refusing"),
        ("NsCollectorDown", DashboardScene.DeadAddress),
    ];

    [DashboardFact]
    public void Every_query_of_a_prometheus_dashboard_returns_data()
    {
        DashboardQuery[] queries = [.. Boards.SelectMany(board => DashboardFile.Read($"prometheus/{board}.json", Values))];
        MissingData.AssertListed("queries-without-data.tsv", [.. queries.Select(query => (query.Where, HasData(query.Text)))]);
    }

    [DashboardFact]
    public void Every_query_of_an_influxdb_dashboard_returns_data()
    {
        DashboardQuery[] queries = [.. Boards.SelectMany(board => DashboardFile.Read($"influxql/{board}.json", query => [.. scene.Influx.Query(DashboardScene.OwnDatabase, query).SelectMany(series => series.Rows).Select(row => row[1].GetString()!).Distinct()]))];
        MissingData.AssertListed("queries-without-data.tsv", [.. queries.Select(query => (query.Where, scene.Influx.Query(DashboardScene.OwnDatabase, query.Text).Any(HasValue)))]);
    }

    [DashboardFact]
    public void Every_query_of_a_grafana_alert_exceeds_its_threshold_for_its_subject()
    {
        GrafanaAlert[] alerts = AlertFiles.Grafana("influxql");
        Assert.Equal(AlertFiles.Names.Except(["NsCollectorDown"]).Order(StringComparer.Ordinal), alerts.Select(alert => alert.Title).Order(StringComparer.Ordinal));
        foreach (GrafanaAlert alert in alerts)
        {
            // The scene is younger than five minutes.
            string query = alert.Query.Replace("$timeFilter", $"time > now() - {alert.WindowSeconds}s", StringComparison.Ordinal);
            double threshold = alert.Title == "NsCollectorSpoolGrowing" ? 2 : alert.Threshold;
            string subject = Subjects.Single(one => one.Alert == alert.Title).Subject;
            if (alert.Title == "NsCollectorSpoolGrowing") query = query.Replace("time > now() - 300s", "time > now() - 5s", StringComparison.Ordinal);
            Dictionary<string, double> figures = [];
            Eventually.True(() => (figures = Figures(query)).GetValueOrDefault(subject) > threshold, alert.Title, () => string.Join(", ", figures));
            Assert.False(figures.GetValueOrDefault("boards-monitor") > threshold, $"{alert.Title} of a container that does nothing");
        }

        alerts = AlertFiles.Grafana("prometheus");
        Assert.Equal(AlertFiles.Names, alerts.Select(alert => alert.Title));
        foreach (GrafanaAlert alert in alerts)
        {
            Assert.True(HasData(alert.Query), alert.Title);

            // The same figure and threshold as in the rules of Prometheus, which fire below.
            Assert.Contains($"alert: {alert.Title}\n        expr: ({alert.Query}) > {alert.Threshold.ToString(CultureInfo.InvariantCulture)}\n", AlertFiles.PrometheusRules, StringComparison.Ordinal);
        }
    }

    [DashboardFact]
    public void Every_alert_of_prometheus_fires_for_its_subject()
    {
        (int status, string output) = PrometheusPrograms.CheckRules(AlertFiles.PrometheusRules);
        Assert.True(status == 0 && output.Contains($"{AlertFiles.Names.Length} rules found", StringComparison.Ordinal), output);
        Assert.Equal(AlertFiles.Names.Order(StringComparer.Ordinal), Subjects.Select(one => one.Alert).Order(StringComparer.Ordinal));
        foreach ((string alert, string subject) in Subjects)
            Eventually.True(() => scene.Prometheus.Query($"max_over_time(ALERTS{{alertname=\"{alert}\",alertstate=\"firing\",{Label(subject)}}}[5m])").Length > 0, $"{alert} for {subject}");

        Assert.Empty(scene.Prometheus.Query("ALERTS{name=\"boards-monitor\"}"));
    }

    [DashboardFact]
    public void Alerts_of_prometheus_fire_after_the_times_of_their_file()
    {
        const string Names = "container_cpu_cfs_.*periods_total|container_memory_working_set_bytes|container_spec_memory_limit_bytes|container_oom_events_total|container_connections_accept_queue_percent_max"
            + "|container_network_advance_tcp_stats_total|nscollector_cycles_total|nscollector_cycles_late_total|nscollector_queued_age_seconds|nscollector_dropped_points_total|nscollector_refused_points_total|up";
        RangeSeries[] series = scene.Prometheus.Range($"{{job=\"nscollector\",__name__=~\"{Names}\"}}[20s]");
        string again = scene.Prometheus.Range("container_start_time_seconds{job=\"nscollector\",name=\"boards-again\"}[60s]")[0].Labels;
        (int status, string output) = PrometheusPrograms.TestRules(AlertFiles.PrometheusRules, file =>
        {
            var test = new RulesTest(file);
            foreach (RangeSeries one in series.Where(one => one.Labels.Contains("name=\"boards-", StringComparison.Ordinal) || one.Labels.Contains(scene.TroubledAddress, StringComparison.Ordinal) || one.Name == "up"))
            {
                if (one.Name == "nscollector_queued_age_seconds") test.Add(one.Name, one.Labels, one.Labels.Contains("influx:dead", StringComparison.Ordinal) ? "0+30x120" : "0+0x120");
                else test.Add(one);
            }

            test.Add("container_start_time_seconds", again, "0+60x120");
            foreach ((string alert, string subject) in Subjects)
            {
                string labels = $"alertname=\"{alert}\",{Label(subject)}";

                // Firing at the end, and not before the time of its file.
                test.Expect($"count(max by (alertname) (ALERTS{{alertstate=\"firing\",{labels}}}))", "45m", 1);
                if (AlertFiles.ForMinutes(alert) is > 0 and var minutes) test.Expect($"count(ALERTS{{alertstate=\"firing\",{labels}}})", $"{(minutes * 60) - 30}s", null);
            }

            return test.ToString();
        });
        Assert.True(status == 0, output);
    }

    [DashboardFact]
    public void Every_query_of_a_public_dashboard_returns_data_or_has_a_reason()
    {
        string[][] rows = [.. File.ReadLines(Repository.PathOf("tests/NsCollector.RuntimeTests/Dashboards/public-queries.tsv")).Where(line => line[0] != '#').Select(line => line.Split('\t'))];
        Assert.True(rows.Select(row => row[0]).Distinct().Count() >= 8);
        MissingData.AssertListed("public-queries-without-data.tsv", [.. rows.Select(row =>
            (row[2], row[1] == "promql" ? HasData(row[2]) : scene.Influx.Query(DashboardScene.TelegrafDatabase, row[2]).Any(HasValue)))]);
    }

    private Dictionary<string, double> Figures(string query) => scene.Influx.Query(DashboardScene.OwnDatabase, query).Where(HasValue)
        .GroupBy(series => series.Tags.GetValueOrDefault("container") ?? series.Tags.GetValueOrDefault("sink") ?? series.Tags["host"]).ToDictionary(group => group.Key, group => group.Max(Last));

    private static bool HasValue(InfluxServer.Series series) => series.Rows.Any(row => row[1..].Any(value => value.ValueKind != JsonValueKind.Null));

    private static double Last(InfluxServer.Series series) => series.Rows[^1][1].GetDouble();

    private string Label(string subject) => subject switch
    {
        DashboardScene.TroubledHost => $"instance=\"{scene.TroubledAddress}\"",
        DashboardScene.DeadAddress => $"instance=\"{subject}\"",
        _ when subject.Contains(':', StringComparison.Ordinal) => $"sink=\"{subject}\"",
        _ => $"name=\"{subject}\"",
    };

    private bool HasData(string query) => scene.Prometheus.Query(query).Any(value => !double.IsNaN(value));

    private string[] Values(string query)
    {
        Match match = LabelValues().Match(query);
        Assert.True(match.Success, query);
        return scene.Prometheus.LabelValues(match.Groups[1].Value, match.Groups[2].Value);
    }

    [GeneratedRegex(@"^label_values\((.*), (\w+)\)$")]
    private static partial Regex LabelValues();
}
