namespace NsCollector.DocGen.Grafana;

/// <summary>A database for which the files are generated.</summary>
internal enum DataSource
{
    /// <summary>PromQL over the agent's page.</summary>
    Prometheus,

    /// <summary>InfluxQL over the agent's own measurements.</summary>
    Influx,
}
