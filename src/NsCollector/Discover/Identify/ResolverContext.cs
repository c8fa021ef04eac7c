using NsCollector.Discover.Identify.Daemons;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>What a resolver is created from.</summary>
/// <param name="Options">Where the runtimes keep their state.</param>
/// <param name="Roots">Where the host's /run is.</param>
/// <param name="Daemons">The directories that the host's daemons use.</param>
/// <param name="Files">Reads state files within their size limit.</param>
/// <param name="Engine">What the runtime's daemons say; nothing for a runtime without an API.</param>
/// <param name="Counters">Counts what could not be read.</param>
/// <param name="Log">Receives rate-limited warnings.</param>
/// <param name="HomeOf">Finds the home directory of a uid; null: getpwuid(3).</param>
internal sealed record ResolverContext(
    DiscoverOptions Options, HostRoots Roots, HostDaemons Daemons, StateFiles Files, EngineAnswers Engine, AgentCounters Counters, RateLimitedLog Log, Func<uint, string?>? HomeOf);
