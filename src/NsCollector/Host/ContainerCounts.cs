using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using NsCollector.Discover.Track;
using NsCollector.Linux.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>Walks the cgroup tree once and counts the recognised containers, for <c>nscollector check</c>.</summary>
internal static class ContainerCounts
{
    /// <summary>Counts the containers that the filters include.</summary>
    internal static ContainerTotals Count(AgentContext context)
    {
        DiscoverOptions options = context.Options.Discover;
        ImmutableArray<Container> recognised = Recognise(context.Options, context.Loggers.CreateLogger("discover"));
        var filter = new ContainerFilter(options.Filter);
        var recognisers = new ContainerRecognisers(options, SystemdRoot.Find(context.Options.Roots));
        return new ContainerTotals(
            [
                .. recognised.Where(container => filter.Includes(container.Identity)).GroupBy(container => container.Identity.Runtime)
                    .OrderBy(group => group.Key).Select(group => new ContainerCount(
                        group.Key, group.Count(), group.Count(IsNameless), group.Count(container => IsNameless(container) && recognisers.IsBelowContainer(container.CgroupPath)))),
            ],
            FilterReport.NothingLeft(options.Filter, [.. recognised.Select(container => container.Identity)]));
    }

    /// <summary>Which filter leaves out every recognised container; null if one is left, or none is recognised.</summary>
    internal static string? NothingLeft(AgentContext context)
    {
        FilterOptions filter = context.Options.Discover.Filter;
        if (!new ContainerFilter(filter).HasGlobs) return null;

        // The caller's own discovery has logged what is wrong.
        return FilterReport.NothingLeft(filter, [.. Recognise(context.Options, NullLogger.Instance).Select(container => container.Identity)]);
    }

    /// <summary>All recognised containers, whether or not the filters include them.</summary>
    private static ImmutableArray<Container> Recognise(AgentOptions options, ILogger logger)
    {
        using var discovery = new ContainerDiscovery(
            CgroupMounts.Find(options.Roots), options.Roots, options.Discover with { Filter = new FilterOptions() }, new AgentCounters(), logger);
        discovery.WalkOnce();
        return [.. discovery.Current.Containers];
    }

    private static bool IsNameless(Container container) => container.Identity.Name is null;
}
