using System.Globalization;
using System.Text.Json;

namespace NsCollector.GuestTests.Service;

/// <summary>Metrics that real servers receive by OTLP from the confined service.</summary>
[Collection(GuestCollection.Name)]
public sealed class OtlpTests(Guest guest)
{
    private const string PrometheusCommand =
        "prometheus --config.file=/run/otlp-prometheus.yml --storage.tsdb.path=/run/otlp-prometheus --web.listen-address=127.0.0.1:9099 --enable-feature=otlp-write-receiver";

    private const string VictoriaCommand = "victoria-metrics -storageDataPath=/run/otlp-victoria -httpListenAddr=127.0.0.1:8429";

    private static readonly string Configuration = CollectedLines.Configuration + $"""
        [file:main]
        path = {Unit.MetricsPath}
        [otlp:prometheus]
        url = http://127.0.0.1:9099/api/v1/otlp/v1/metrics
        [otlp:victoria]
        url = http://127.0.0.1:8429/opentelemetry/v1/metrics

        """;

    [GuestFact]
    public void Prometheus_and_VictoriaMetrics_store_the_values_of_the_kernel()
    {
        // Debian 12 has versions without OTLP, and its image neither of them.
        if (guest.Try("command -v prometheus victoria-metrics").Status != 0) return;
        try
        {
            guest.Run("printf 'global: {}\\n' > /run/otlp-prometheus.yml");
            guest.Run($"systemd-run --quiet --unit=otlp-prometheus {PrometheusCommand}");
            guest.Run($"systemd-run --quiet --unit=otlp-victoria {VictoriaCommand}");
            using var agent = new InstalledAgent(guest, Configuration);
            string prometheus = "", victoria = "";
            Guest.Await(
                () =>
                {
                    prometheus = guest.Try("curl -sG http://127.0.0.1:9099/api/v1/query --data-urlencode 'query=container_cpu_time_seconds_total{job=\"nscollector\",cpu_mode=\"user\"}'").Output;
                    victoria = guest.Try("curl -sG http://127.0.0.1:8429/api/v1/export --data-urlencode 'match[]={__name__=\"container.cpu.time\"}'").Output;
                    return prometheus.Contains("\"value\"", StringComparison.Ordinal) && victoria.Contains("\"values\"", StringComparison.Ordinal);
                },
                "both servers have the container's CPU time",
                () => $"Prometheus: {prometheus}\nVictoriaMetrics: {victoria}\n{guest.Try("journalctl -u otlp-prometheus -u otlp-victoria -n 30").Output}\n{agent.Log}");

            Unit.Stop(guest);
            double[] sampled =
            [
                .. CollectedLines.Read(guest).Where(point => point.Measurement == "container_cpu" && point.Container == CollectedLines.Container).Select(point => point.Integer("user_ns") / 1e9),
            ];
            using JsonDocument answer = JsonDocument.Parse(prometheus);
            JsonElement series = answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Single();
            Assert.EndsWith(CollectedLines.Container, series.GetProperty("metric").GetProperty("instance").GetString());
            Assert.Contains(double.Parse(series.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture), sampled);

            string line = victoria.Split('\n').Single(one => one.Contains("\"cpu.mode\":\"user\"", StringComparison.Ordinal));
            using JsonDocument exported = JsonDocument.Parse(line);
            Assert.Equal(CollectedLines.Container, exported.RootElement.GetProperty("metric").GetProperty("container.name").GetString());
            Assert.All(exported.RootElement.GetProperty("values").EnumerateArray(), value => Assert.Contains(value.GetDouble(), sampled));
        }
        finally
        {
            guest.Run("systemctl stop otlp-prometheus otlp-victoria || true; rm -rf /run/otlp-* /var/lib/nscollector/spool");
        }
    }
}
