using System.Collections.Immutable;
using System.Text;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Watch;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Net;

namespace NsCollector.Sample.Events;

/// <summary>
/// The files that the watch reads at an exit and at an OOM kill on this host: those of the <see cref="CgroupFilePlan"/> with
/// a <see cref="ReadAlso"/>, and the protocol counters if not every cycle reads them. Two objects made from the same mounts and options have the same files.
/// </summary>
internal sealed class WatchedFiles
{
    /// <summary>Selects the files.</summary>
    /// <param name="mounts">Where the cgroup hierarchies are.</param>
    /// <param name="options">Which measurements are enabled.</param>
    public WatchedFiles(CgroupMounts mounts, SampleOptions options)
    {
        Cycle = new CgroupFilePlan(mounts, options, []);
        Files = [.. Cycle.Files.Where(file => file.ReadAlso != ReadAlso.Never)];

        var hierarchies = new List<CgroupHierarchy>();
        ImmutableArray<WatchedFile> files = [.. Files.Select(file => new WatchedFile(
            IndexOf(Cycle.Hierarchies[file.Hierarchy]), Encoding.ASCII.GetString(file.NameWithNul.AsSpan()[..^1]),
            (file.ReadAlso & ReadAlso.AtExit) != 0, (file.ReadAlso & ReadAlso.AtOom) != 0,
            file.InsteadOf < 0 ? -1 : IndexOf(Cycle.Hierarchies[file.InsteadOf])))];
        if (new Pace(options.ProtocolsInterval, options.Interval).IsSlower)
        {
            Namespace = [.. NamespaceFile.For(options).Where(file => file.IsOfProtocols)];
            files = [.. files, .. Namespace.Select(file => new WatchedFile(WatchedFile.OfNetwork, Path.GetFileName(file.Path), AtExit: true, AtOom: false))];
        }

        int memory = mounts.For("memory") is { } hierarchy ? IndexOf(hierarchy) : -1;

        // Part of the plan even if no file of it is read: its cgroup.events says whether a process is left.
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

    /// <summary>The plan of the watch.</summary>
    public WatchPlan Plan { get; }

    /// <summary>The files that are read each cycle.</summary>
    internal CgroupFilePlan Cycle { get; }

    /// <summary>The cgroup files, by their index in <see cref="Plan"/>.</summary>
    internal ImmutableArray<CgroupFile> Files { get; }

    /// <summary>
    /// The files of the network namespace, which follow <see cref="Files"/> in the plan: none if every cycle reads them, for
    /// then the last values are hardly older than the exit.
    /// </summary>
    internal ImmutableArray<NamespaceFile> Namespace { get; } = [];
}
