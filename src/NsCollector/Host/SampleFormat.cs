namespace NsCollector.Host;

/// <summary>The output format of <c>nscollector sample</c>.</summary>
internal enum SampleFormat
{
    /// <summary>Line protocol, as the sinks receive it.</summary>
    Influx,

    /// <summary>A table for people.</summary>
    Table,

    /// <summary>One JSON object per line.</summary>
    Json,
}
