using Microsoft.Extensions.Logging;

namespace NsCollector.Host.Logging;

/// <summary>What is logged, and how. Always to standard error: standard output may be a sink. Immutable.</summary>
internal sealed record LogOptions
{
    /// <summary>The least severe level that is logged.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>For people or for the journal.</summary>
    public LogFormat Format { get; init; } = LogFormat.Auto;

    /// <summary>For a command that answers and ends: what the agent would note in passing is left out.</summary>
    internal LogOptions ForForeground() => Level == LogLevel.Information ? this with { Level = LogLevel.Warning } : this;
}
