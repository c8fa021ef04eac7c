namespace NsCollector.Discover.Recognise;

/// <summary>Decides by its name whether containers are likely to be created in a cgroup. Those are watched first.</summary>
internal sealed class ContainerParents
{
    private readonly Glob[] _named;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _parentNames;

    /// <param name="parentNames">The names that runtimes give to such cgroups.</param>
    /// <param name="options">Its <see cref="DiscoverOptions.CgroupPaths"/> name further ones.</param>
    internal ContainerParents(IEnumerable<string> parentNames, DiscoverOptions options)
    {
        _parentNames = new HashSet<string>(parentNames, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

        // Each leading part of /jobs/*/run: /jobs and /jobs/*.
        var named = new List<Glob>();
        foreach (string pattern in options.CgroupPaths.IsDefault ? [] : options.CgroupPaths)
        {
            for (int slash = pattern.IndexOf('/', 1); slash > 0; slash = pattern.IndexOf('/', slash + 1)) named.Add(new Glob(pattern[..slash]));
        }

        _named = [.. named];
    }

    /// <summary>Whether containers are likely to be created in this cgroup.</summary>
    /// <param name="path">Its path, with a leading slash.</param>
    internal bool Is(string path)
    {
        foreach (Glob glob in _named)
        {
            if (glob.Matches(path)) return true;
        }

        ReadOnlySpan<char> name = CgroupPath.NameOf(path);
        if (name.EndsWith(".slice", StringComparison.Ordinal)) return true;
        if (_parentNames.Contains(name) || name is "burstable" or "besteffort" or "kubelet" or "kubelet.service") return true;

        if (name.StartsWith("kubepods", StringComparison.Ordinal) || name.Contains("libpod_pod_", StringComparison.Ordinal)) return true;

        // A user's own manager, below which rootless runtimes create containers.
        if (name.StartsWith("user@", StringComparison.Ordinal) && name.EndsWith(".service", StringComparison.Ordinal)) return true;
        return KubernetesPod.TryParse(name, out _);
    }
}
