using System.Text.Json;

namespace NsCollector.GuestTests.Service;

/// <summary>
/// Metrics that a real server receives by OTLP from the confined service. Debian builds Prometheus without its OTLP receiver, and Debian
/// 12 has a version of VictoriaMetrics without OTLP.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class OtlpTests(Guest guest)
{
    private const string VictoriaCommand = "victoria-metrics -storageDataPath=/run/otlp-victoria -httpListenAddr=127.0.0.1:8429";

    private static readonly string Configuration = CollectedLines.Configuration + $"""
        [file:main]
        path = {Unit.MetricsPath}
        [otlp:victoria]
        url = http://127.0.0.1:8429/opentelemetry/v1/metrics

        """;

    [TrixieFact]
    public void VictoriaMetrics_stores_the_values_of_the_kernel()
    {
        try
        {
            guest.Run($"systemd-run --quiet --unit=otlp-victoria {VictoriaCommand}");
            using var agent = new InstalledAgent(guest, Configuration);
            string victoria = "";
            Guest.Await(
                () =>
                {
                    victoria = guest.Try("curl -sG http://127.0.0.1:8429/api/v1/export --data-urlencode 'match[]={__name__=\"container.cpu.time\"}'").Output;
                    return victoria.Contains("\"values\"", StringComparison.Ordinal);
                },
                "the server has the container's CPU time",
                () => $"{guest.Try("journalctl -u otlp-victoria -n 30").Output}\n{agent.Log}");

            Unit.Stop(guest);
            double[] sampled =
            [
                .. CollectedLines.Read(guest).Where(point => point.Measurement == "container_cpu" && point.Container == CollectedLines.Container).Select(point => point.Integer("user_ns") / 1e9),
            ];
            string line = victoria.Split('\n').Single(one => one.Contains("\"cpu.mode\":\"user\"", StringComparison.Ordinal));
            using JsonDocument exported = JsonDocument.Parse(line);
            Assert.Equal(CollectedLines.Container, exported.RootElement.GetProperty("metric").GetProperty("container.name").GetString());
            Assert.All(exported.RootElement.GetProperty("values").EnumerateArray(), value => Assert.Contains(value.GetDouble(), sampled));
        }
        finally
        {
            guest.Run("systemctl stop otlp-victoria || true; rm -rf /run/otlp-* /var/lib/nscollector/spool");
        }
    }
}
