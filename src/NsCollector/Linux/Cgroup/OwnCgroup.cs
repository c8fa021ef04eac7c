using System.Globalization;
using System.Text;

namespace NsCollector.Linux.Cgroup;

/// <summary>Finds the cgroup of this process in a mounted hierarchy.</summary>
/// <remarks>
/// /proc/self/cgroup alone is not enough: in a cgroup namespace of its own, as containers have it, it says <c>/</c>, while the
/// host's tree may be mounted too. cgroup.procs shows pids in the reader's pid namespace, so a directory whose cgroup.procs
/// has our own pid is ours, in any namespace.
/// </remarks>
internal static class OwnCgroup
{
    // With a container's own cgroup namespace, each directory down to there is read once, at the start.
    private const int MaxDirectories = 100_000;

    /// <summary>Its directory without a trailing slash; null if the mount does not show it.</summary>
    /// <param name="hierarchy">The hierarchy.</param>
    internal static string? DirectoryIn(CgroupHierarchy hierarchy)
    {
        string pid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        try
        {
            foreach (string line in File.ReadLines("/proc/self/cgroup", Encoding.UTF8))
            {
                // cgroups(7): hierarchy ID, controllers, path. v2 has the ID 0 and no controllers.
                string[] fields = line.Split(':', 3);
                if (fields.Length < 3) continue;
                bool isThis = hierarchy.IsV2 ? fields[0] == "0" && fields[1].Length == 0 : fields[1].Split(',').Any(hierarchy.Controllers.Contains);
                if (isThis && hierarchy.DirectoryOf(fields[2]) is { } directory && HasProcess(directory, pid)) return directory;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return Search(hierarchy.MountPoint, pid);
    }

    private static string? Search(string mountPoint, string pid)
    {
        var waiting = new Queue<string>([mountPoint]);
        for (int seen = 0; seen < MaxDirectories && waiting.TryDequeue(out string? directory); seen++)
        {
            if (HasProcess(directory, pid)) return directory;
            try
            {
                foreach (string child in Directory.EnumerateDirectories(directory)) waiting.Enqueue(child);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It was removed, or is not ours to read.
            }
        }

        return null;
    }

    private static bool HasProcess(string directory, string pid)
    {
        try
        {
            return File.ReadLines(directory + "/cgroup.procs").Contains(pid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
