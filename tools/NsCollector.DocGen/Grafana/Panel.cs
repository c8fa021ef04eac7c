namespace NsCollector.DocGen.Grafana;

/// <summary>A panel in its two forms.</summary>
/// <param name="Title">Its title, unique on its board.</param>
/// <param name="Unit">Grafana's name of the unit.</param>
/// <param name="Prometheus">Its queries for Prometheus.</param>
/// <param name="Influx">Its queries for InfluxDB.</param>
internal sealed record Panel(string Title, string Unit, Query[] Prometheus, Query[] Influx)
{
    /// <summary>Grafana's panel plug-in.</summary>
    public string Kind { get; init; } = "timeseries";

    /// <summary>The panel plug-in for InfluxDB, if it is another: InfluxQL can only select the highest series of a whole time range.</summary>
    public string? InfluxKind { get; init; }

    /// <summary>The unit for InfluxDB, if it is another.</summary>
    public string? InfluxUnit { get; init; }

    /// <summary>Its width; a row has 24 columns.</summary>
    public int Width { get; init; } = 12;

    /// <summary>What it shows that its title does not say, and the settings that it needs.</summary>
    public string Description { get; init; } = "";

    /// <summary>Its height: that of Grafana's graphs, or half of it for a number.</summary>
    public int Height => Kind == "stat" ? 4 : 8;
}
