namespace NsCollector.DocGen.Grafana;

/// <summary>An alert in its forms for Prometheus and Grafana.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Prometheus">The figure in PromQL; it is one for each subject.</param>
/// <param name="Influx">The figure in InfluxQL over the last <see cref="Window"/>; empty if InfluxDB cannot have it.</param>
/// <param name="Threshold">The alert fires above it.</param>
/// <param name="For">For how long the figure must be above it, such as <c>5m</c>.</param>
/// <param name="Summary">What is wrong, in one sentence.</param>
internal sealed record Alert(string Name, string Prometheus, string Influx, double Threshold, string For, string Summary)
{
    /// <summary>Labels of the subject, which the description names: a container or a sink.</summary>
    public string Subject { get; init; } = "name";

    /// <summary>The tag of the subject in InfluxDB.</summary>
    public string Tag { get; init; } = "container";

    /// <summary>The figure in the description, in the language of Prometheus' templates.</summary>
    public string Value { get; init; } = "humanizePercentage";

    /// <summary>What the figure is, after its value.</summary>
    public required string Figure { get; init; }

    /// <summary>The time range of the query in InfluxQL, in seconds.</summary>
    public int Window { get; init; }

    /// <summary>Its severity: info, warning or critical.</summary>
    public string Severity { get; init; } = "warning";
}
