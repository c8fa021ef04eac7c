using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Discover.Recognise;
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
        var recognisers = new ContainerRecognisers(options.Discover);
        return
        [
            .. discovery.Current.Containers.GroupBy(container => container.Identity.Runtime)
                .OrderBy(group => group.Key).Select(group => new ContainerCount(group.Key, group.Count(), group.Count(IsNameless), group.Count(container => IsNameless(container) && IsInside(recognisers, container.CgroupPath)))),
        ];
    }

    private static bool IsNameless(Container container) => container.Identity.Name is null;

    private static bool IsInside(ContainerRecognisers recognisers, string path)
    {
        for (int end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (recognisers.Recognise(path[..end]) is { Runtime: not (ContainerRuntime.Systemd or ContainerRuntime.Cgroup) }) return true;
        }

        return false;
    }
}
