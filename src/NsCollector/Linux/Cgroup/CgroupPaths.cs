namespace NsCollector.Linux.Cgroup;

/// <summary>Compares paths of cgroups, which begin with a slash.</summary>
internal static class CgroupPaths
{
    /// <summary>Whether a cgroup is below another one.</summary>
    internal static bool IsBelow(string path, string ancestor) =>
        path.StartsWith(ancestor, StringComparison.Ordinal) && path.Length > ancestor.Length && (path[ancestor.Length] == '/' || ancestor == "/");
}
