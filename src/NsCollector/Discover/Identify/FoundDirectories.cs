using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover.Identify.Daemons;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>Adds the directories that the host's daemons use to the configured ones, for <c>nscollector check</c>.</summary>
internal static class FoundDirectories
{
    /// <summary>Scans the host's processes once.</summary>
    internal static DiscoverOptions AddTo(DiscoverOptions options, HostRoots roots)
    {
        var daemons = new HostDaemons(roots, new AgentCounters(), new RateLimitedLog(NullLogger.Instance));
        daemons.Scan();
        var docker = new DockerDataRoots(options.DockerRoots, daemons.DataRoots);
        docker.Refresh();
        return options with
        {
            DockerRoots = [.. docker.Paths],
            ContainerdStates = [.. ContainerdNames.StateDirectories(options, roots).Union(daemons.ContainerdStates.Paths, StringComparer.Ordinal)],
        };
    }
}
