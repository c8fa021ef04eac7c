namespace NsCollector.Encode.Otlp;

/// <summary>How the points of a metric relate to each other over time.</summary>
internal enum OtlpKind
{
    /// <summary>A value that can rise and fall.</summary>
    Gauge,

    /// <summary>A total that only grows (a monotonic Sum).</summary>
    Counter,

    /// <summary>A sum that can also fall, always cumulative.</summary>
    UpDown,
}
