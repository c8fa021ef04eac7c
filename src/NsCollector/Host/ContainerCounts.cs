using System.Collections.Immutable;
using NsCollector.Discover.Track;
using NsCollector.Linux.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>Walks the cgroup tree once and counts the recognised containers, for <c>nscollector check</c>.</summary>
internal static class ContainerCounts
{
    internal static ImmutableArray<ContainerCount> Count(AgentContext context)
    {
        AgentOptions options = context.Options;
        using var discovery = new ContainerDiscovery(
            CgroupMounts.Find(options.Roots), options.Roots, options.Discover, new AgentCounters(), context.Loggers.CreateLogger("discover"));
        discovery.WalkOnce();
        return
        [
            .. discovery.Current.Containers.GroupBy(container => container.Identity.Runtime)
                .OrderBy(group => group.Key).Select(group => new ContainerCount(group.Key, group.Count(), group.Count(container => container.Identity.Name is null))),
        ];
    }
}
