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
using NsCollector.Serve.Docker;
using NsCollector.Serve.Http;

namespace NsCollector.Host;

/// <summary>
/// The validated, immutable configuration. Each part of the agent gets its own record and does not read the configuration
/// itself.
/// </summary>
internal sealed record AgentOptions
{
    /// <summary>The default of <see cref="StopTimeout"/>.</summary>
    internal static readonly TimeSpan DefaultStopTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Where the host's file systems are. Set on the command line only.</summary>
    public required HostRoots Roots { get; init; }

    /// <summary>How containers are found, named and filtered.</summary>
    public required DiscoverOptions Discover { get; init; }

    /// <summary>What is read, and when.</summary>
    public required SampleOptions Sample { get; init; }

    /// <summary>How points are encoded.</summary>
    public required EncodeOptions Encode { get; init; }

    /// <summary>Reads the name for the tag <c>host</c> again, on SIGHUP; null if <c>agent.host</c> is set. Never throws.</summary>
    public Func<string>? ReadHostName { get; init; }

    /// <summary>The sinks, grouped by kind, in the order in which the configuration first names them. A name is unique within its kind.</summary>
    public required ImmutableArray<SinkOptions> Sinks { get; init; }

    /// <summary>The file sinks; no two share a file.</summary>
    public ImmutableArray<FileSinkOptions> FileSinks => [.. Sinks.OfType<FileSinkOptions>()];

    /// <summary>The InfluxDB sinks.</summary>
    public ImmutableArray<InfluxSinkOptions> InfluxSinks => [.. Sinks.OfType<InfluxSinkOptions>()];

    /// <summary>Where lines wait on disk for InfluxDB servers.</summary>
    public required SpoolOptions Spool { get; init; }

    /// <summary>The HTTP server: its addresses, and the clients that it serves.</summary>
    public HttpOptions Http { get; init; } = new();

    /// <summary>Docker's API: its sockets and limits.</summary>
    public DockerApiOptions DockerApi { get; init; } = new();

    /// <summary>What is logged, and how.</summary>
    public required LogOptions Log { get; init; }

    /// <summary>Time budget for the last cycle and for flushing the sinks. Shorter than TimeoutStopSec= of the unit.</summary>
    public TimeSpan StopTimeout { get; init; } = DefaultStopTimeout;
}
