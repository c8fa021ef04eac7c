using Microsoft.Extensions.Logging;

namespace NsCollector.Host.Logging;

/// <summary>What is logged, and in which format. Immutable.</summary>
internal sealed record LogOptions
{
    /// <summary>The lowest level that is logged.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>The format of log lines.</summary>
    public LogFormat Format { get; init; } = LogFormat.Auto;

    /// <summary>For commands other than <c>run</c>: without information messages, unless debug is set.</summary>
    internal LogOptions ForForeground() => Level == LogLevel.Information ? this with { Level = LogLevel.Warning } : this;
}
