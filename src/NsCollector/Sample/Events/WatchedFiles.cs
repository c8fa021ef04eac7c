using System.Collections.Immutable;
using System.Text;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Watch;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Sample.Events;

/// <summary>
/// Which files are read of a container when it ends and when it runs out of memory, on this host: those of the
/// <see cref="CgroupFilePlan"/> that say so (<see cref="ReadAlso"/>). Two of these made from the same mounts and options are alike.
/// </summary>
internal sealed class WatchedFiles
{
    /// <summary>Chooses the files.</summary>
    /// <param name="mounts">Where the cgroup hierarchies are.</param>
    /// <param name="options">What is read at all.</param>
    public WatchedFiles(CgroupMounts mounts, SampleOptions options)
    {
        Cycle = new CgroupFilePlan(mounts, options, []);
        Files = [.. Cycle.Files.Where(file => file.ReadAlso != ReadAlso.Never)];

        var hierarchies = new List<CgroupHierarchy>();
        ImmutableArray<WatchedFile> files = [.. Files.Select(file => new WatchedFile(
            IndexOf(Cycle.Hierarchies[file.Hierarchy]), Encoding.ASCII.GetString(file.NameWithNul.AsSpan()[..^1]),
            (file.ReadAlso & ReadAlso.AtExit) != 0, (file.ReadAlso & ReadAlso.AtOom) != 0))];
        int memory = mounts.For("memory") is { } hierarchy ? IndexOf(hierarchy) : -1;

        // Named even if no file of it is read: its cgroup.events says whether a process is left.
        int unified = mounts.Unified is { } v2 ? IndexOf(v2) : -1;
        Plan = new WatchPlan([.. hierarchies], files, memory, unified);

        int IndexOf(CgroupHierarchy wanted)
        {
            int index = hierarchies.IndexOf(wanted);
            if (index >= 0) return index;
            hierarchies.Add(wanted);
            return hierarchies.Count - 1;
        }
    }

    /// <summary>What the watch is made with.</summary>
    public WatchPlan Plan { get; }

    /// <summary>What is read each cycle.</summary>
    internal CgroupFilePlan Cycle { get; }

    /// <summary>The files, by their index in <see cref="Plan"/>.</summary>
    internal ImmutableArray<CgroupFile> Files { get; }
}
