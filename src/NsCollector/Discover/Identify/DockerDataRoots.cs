using System.Globalization;
using NsCollector.Discover.Identify.Daemons;

namespace NsCollector.Discover.Identify;

/// <summary>
/// The data roots in which Docker's containers are searched: the configured ones, then those of the host's daemons, and of
/// each the directories <c>UID.GID</c> that dockerd --userns-remap uses instead (moby, daemon/daemon_unix.go).
/// </summary>
/// <param name="configured">discovery.docker_roots.</param>
/// <param name="found">What the host's daemons use.</param>
internal sealed class DockerDataRoots(IReadOnlyList<string> configured, DaemonDirectories found)
{
    // A data root has about a dozen directories.
    private const int MaxSubdirectories = 256;

    private readonly List<SubdirectoryNames> _roots = [];
    private readonly List<string> _paths = [];
    private string[]? _known;
    private volatile StatePlace[] _configs = [.. configured.Select(ConfigOf)];
    private volatile string[] _knownPaths = [.. configured];

    /// <summary>The containers' files in each root. Any thread may read it; <see cref="Refresh"/> replaces it.</summary>
    internal StatePlace[] Configs => _configs;

    /// <summary>The roots of <see cref="Configs"/>. Any thread may read it.</summary>
    internal string[] KnownPaths => _knownPaths;

    /// <summary>All roots as of the last <see cref="Refresh"/>.</summary>
    internal IEnumerable<string> Paths => _paths.Zip(_roots).SelectMany(root => WithRemapped(root.First, root.Second));

    /// <summary>Looks for new roots. Costs one statx(2) for each root and allocates nothing if nothing has changed.</summary>
    internal StatePlace[] Refresh()
    {
        bool isChanged = false;
        if (!ReferenceEquals(_known, found.Paths))
        {
            isChanged = true;
            _known = found.Paths;
            foreach (string path in configured.Concat(_known))
            {
                if (_paths.Contains(path, StringComparer.Ordinal)) continue;
                _paths.Add(path);
                _roots.Add(new SubdirectoryNames(path, MaxSubdirectories));
            }
        }

        foreach (SubdirectoryNames root in _roots) isChanged |= root.Refresh();
        if (isChanged)
        {
            _knownPaths = [.. Paths];
            _configs = [.. _knownPaths.Select(ConfigOf)];
        }

        return _configs;
    }

    /// <summary>The container's file in a data root.</summary>
    internal static StatePlace ConfigOf(string root) => new(root + "/containers/", "/config.v2.json");

    private static IEnumerable<string> WithRemapped(string path, SubdirectoryNames subdirectories) =>
        subdirectories.Names.Where(IsRemapped).Select(name => $"{path}/{name}").Prepend(path);

    // The host's ids of the container's root.
    private static bool IsRemapped(string name) =>
        name.Split('.') is [var user, var group] && IsNumber(user) && IsNumber(group);

    private static bool IsNumber(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
