namespace NsCollector.Host;

/// <summary>How <c>nscollector sample</c> prints.</summary>
internal enum SampleFormat
{
    /// <summary>Line protocol, as the sinks get it.</summary>
    Influx,

    /// <summary>A table for people.</summary>
    Table,

    /// <summary>One JSON object a line.</summary>
    Json,
}
