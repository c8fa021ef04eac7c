namespace NsCollector.Encode.Otlp;

/// <summary>Since when the points of a counter add up (AggregationTemporality of metrics.proto).</summary>
internal enum OtlpTemporality
{
    /// <summary>Everything since the start of the counter.</summary>
    Cumulative,

    /// <summary>What was added since the previous point.</summary>
    Delta,
}
