using NsCollector.Discover;
using NsCollector.Encode.Cadvisor;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Cadvisor;

/// <summary>The containers of one cycle, and the cgroups above them, as requests of cAdvisor's API name them. A name is hostile.</summary>
/// <param name="cycle">The cycle; must not change.</param>
internal sealed class CadvisorContainers(LatestCycle cycle)
{
    private readonly List<LatestContainer> _all = [.. cycle.Containers.Where(container => cycle.SampleOf(container) is not null)];
    private ILookup<string, string>? _children;

    /// <summary>One container by its path.</summary>
    internal LatestContainer ByPath(string path) =>
        _all.Find(container => container.Container.CgroupPath == path) ?? throw new CadvisorException("unknown container " + GoText.Quote(path));

    /// <summary>A container and all below it.</summary>
    internal List<LatestContainer> Below(string path) =>
        _all.FindAll(container => container.Container.CgroupPath == path || CgroupPaths.IsBelow(container.Container.CgroupPath, path));

    /// <summary>The containers of a runtime, by the namespace of its aliases.</summary>
    internal List<LatestContainer> In(string space) => _all.FindAll(container => CadvisorReference.NamespaceOf(container.Container) == space);

    /// <summary>A container by an alias, or by the beginning of one.</summary>
    /// <param name="space">The namespace.</param>
    /// <param name="reference">The alias.</param>
    internal LatestContainer ByAlias(string space, string reference)
    {
        List<LatestContainer> all = In(space);
        if (all.Find(container => CadvisorReference.AliasesOf(container.Container).Contains(reference)) is { } exact) return exact;
        List<LatestContainer> found = reference.Length == 0 ? []
            : all.FindAll(container => CadvisorReference.AliasesOf(container.Container).Any(alias => alias.StartsWith(reference, StringComparison.Ordinal)));
        string runtime = char.ToUpperInvariant(space[0]) + space[1..];
        return found.Count switch
        {
            0 => throw new CadvisorException($"unable to find {runtime} container {GoText.Quote(reference)}"),
            1 => found[0],
            _ => throw new CadvisorException($"unable to find container. Container {GoText.Quote(reference)} is not unique"),
        };
    }

    /// <summary>The paths of the containers and cgroups directly below another.</summary>
    internal IEnumerable<string> ChildrenOf(Container container)
    {
        _children ??= _all.Select(one => one.Container.CgroupPath).Where(path => path.Length > 1)
            .ToLookup(path => path.LastIndexOf('/') is > 0 and int end ? path[..end] : "/", StringComparer.Ordinal);
        return _children[container.CgroupPath];
    }
}
