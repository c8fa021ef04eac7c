using System.Collections.Immutable;
using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Host.Logging;
using NsCollector.Linux;
using NsCollector.Sample;

namespace NsCollector.Host;

/// <summary>
/// Everything that the agent was told, validated once and immutable: each room gets its own record, none reads the
/// configuration itself.
/// </summary>
internal sealed record AgentOptions
{
    /// <summary>What <see cref="StopTimeout"/> is where nothing else is said.</summary>
    internal static readonly TimeSpan DefaultStopTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Where the host's trees are; from the command line only, as a file in one of them could not say it.</summary>
    public required HostRoots Roots { get; init; }

    /// <summary>How containers are found, named and chosen.</summary>
    public required DiscoverOptions Discover { get; init; }

    /// <summary>What is read, and when.</summary>
    public required SampleOptions Sample { get; init; }

    /// <summary>What every point carries.</summary>
    public required EncodeOptions Encode { get; init; }

    /// <summary>The sinks, kind by kind, in the order in which the configuration first names them. A name is unique within its kind.</summary>
    public required ImmutableArray<SinkOptions> Sinks { get; init; }

    /// <summary>The file sinks; no two share a file.</summary>
    public ImmutableArray<FileSinkOptions> FileSinks => [.. Sinks.OfType<FileSinkOptions>()];

    /// <summary>The InfluxDB sinks.</summary>
    public ImmutableArray<InfluxSinkOptions> InfluxSinks => [.. Sinks.OfType<InfluxSinkOptions>()];

    /// <summary>Where batches wait on disk for the InfluxDB sinks.</summary>
    public required SpoolOptions Spool { get; init; }

    /// <summary>What is logged, and how.</summary>
    public required LogOptions Log { get; init; }

    /// <summary>Within this the last cycle is finished and the sinks are flushed. Shorter than what the unit's TimeoutStopSec= allows.</summary>
    public TimeSpan StopTimeout { get; init; } = DefaultStopTimeout;

}
