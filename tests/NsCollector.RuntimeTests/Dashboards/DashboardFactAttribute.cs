using NsCollector.RuntimeTests.Docker;
using NsCollector.RuntimeTests.Prometheus;

namespace NsCollector.RuntimeTests.Dashboards;

/// <summary>A test that needs real Docker containers, a real Prometheus and a real influxd.</summary>
internal sealed class DashboardFactAttribute : FactAttribute
{
    public DashboardFactAttribute() =>
        Skip = PrometheusPrograms.Missing is { } missing ? $"not unpacked: {missing}; run packaging/prepare tests" : new RequiresFactAttribute([.. DockerFactAttribute.Programs, "curl", "influxd"]).Skip;
}
