using NsCollector.RuntimeTests.Docker;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>A test with real Docker containers and a real Prometheus.</summary>
internal sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute() =>
        Skip = PrometheusPrograms.Missing is { } missing ? $"not unpacked: {missing}; run packaging/prepare tests" : new RequiresFactAttribute([.. DockerFactAttribute.Programs, "curl", "python3"]).Skip;
}
