namespace NsCollector.Deliver.Spool;

/// <summary>What the gzip stream of a spool file contains.</summary>
internal enum SpoolFormat
{
    /// <summary>Lines of line protocol (<c>.lp.gz</c>).</summary>
    Lines,

    /// <summary>An ExportMetricsServiceRequest of OTLP (<c>.otlp.gz</c>).</summary>
    Otlp,
}
