namespace NsCollector.Encode.Prometheus;

/// <summary>The format of a page.</summary>
internal enum PageFormat
{
    /// <summary>Prometheus' text format 0.0.4.</summary>
    Text,

    /// <summary>OpenMetrics 1.0.</summary>
    OpenMetrics,
}
