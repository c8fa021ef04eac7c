using System.Text;
using NsCollector.Linux;

namespace NsCollector.Discover.Recognise;

/// <summary>
/// The cgroup below which systemd has its slices: that of process 1 without <c>/init.scope</c>. It is not the root of the tree
/// if systemd runs in a container without a cgroup namespace of its own.
/// </summary>
internal static class SystemdRoot
{
    private const string InitScope = "/init.scope";

    /// <summary>Reads /proc/1/cgroup of the host.</summary>
    /// <returns>A path without a trailing slash; empty for the root of the tree, and if it cannot be read.</returns>
    internal static string Find(HostRoots roots)
    {
        try
        {
            return Parse(File.ReadAllText(roots.Proc + "/1/cgroup", Encoding.UTF8));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Reads the text (cgroups(7)): systemd's own v1 hierarchy, else the unified one.</summary>
    internal static string Parse(string cgroups)
    {
        string unified = "";
        foreach (string line in cgroups.Split('\n'))
        {
            if (line.Split(':', 3) is not [_, var controllers, ['/', ..] path] || path.StartsWith("/..", StringComparison.Ordinal)) continue;
            if (!path.EndsWith(InitScope, StringComparison.Ordinal)) continue;
            path = path[..^InitScope.Length];
            if (controllers == "name=systemd") return path;
            if (controllers.Length == 0) unified = path;
        }

        return unified;
    }
}
