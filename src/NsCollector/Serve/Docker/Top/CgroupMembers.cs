using System.Globalization;
using NsCollector.Linux.Cgroup;

namespace NsCollector.Serve.Docker.Top;

/// <summary>The processes of a container: those of its cgroup and of the cgroups below.</summary>
/// <param name="mounts">The cgroup hierarchies.</param>
internal sealed class CgroupMembers(CgroupMounts mounts)
{
    /// <summary>Maximum processes; further ones are left out.</summary>
    internal const int MaxProcesses = 10_000;

    private const int MaxDirectories = 10_000;

    /// <summary>Lists the processes.</summary>
    /// <param name="cgroupPath">The container's cgroup.</param>
    /// <returns>Their ids, ascending; empty if its cgroup is gone.</returns>
    internal SortedSet<int> Read(string cgroupPath)
    {
        var found = new SortedSet<int>();

        // On cgroup v1, every hierarchy may have the processes. On a hybrid host, only one may have them.
        foreach (CgroupHierarchy hierarchy in mounts.Hierarchies)
        {
            if (hierarchy.DirectoryOf(cgroupPath) is not { } directory) continue;
            ReadBelow(directory, found);
            if (found.Count > 0) break;
        }

        return found;
    }

    private static void ReadBelow(string top, SortedSet<int> found)
    {
        var waiting = new Queue<string>([top]);
        for (int directories = 0; directories < MaxDirectories && waiting.TryDequeue(out string? directory); directories++)
        {
            try
            {
                foreach (string line in File.ReadLines(directory + "/cgroup.procs"))
                {
                    if (found.Count >= MaxProcesses) return;

                    // 0 is a process of a pid namespace that cannot be seen from here.
                    if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0) found.Add(pid);
                }

                foreach (string child in Directory.EnumerateDirectories(directory)) waiting.Enqueue(child);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The cgroup was removed, or its controller is threaded: then its processes are listed in its parent.
            }
        }
    }
}
