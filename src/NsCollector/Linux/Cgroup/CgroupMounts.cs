using System.Collections.Immutable;
using System.Text;

namespace NsCollector.Linux.Cgroup;

/// <summary>
/// The mounted cgroup hierarchies: v1 only, v2 only, or both (hybrid), with controllers mounted together or missing. Each
/// hierarchy appears once, with the mount that shows most of it.
/// </summary>
internal sealed class CgroupMounts
{
    // The v1 super options that are no controllers (cgroup1_show_options and the generic super block flags).
    private static readonly ImmutableHashSet<string> NotControllers =
        ["rw", "ro", "sync", "dirsync", "mand", "lazytime", "seclabel", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods", "none", "all"];

    // The controllers after which a v1 directory may be named; v1 gets no new controllers.
    private static readonly ImmutableHashSet<string> KnownControllers =
    [
        "blkio", "cpu", "cpuacct", "cpuset", "debug", "devices", "dmem", "freezer", "hugetlb", "memory", "misc", "net_cls", "net_prio",
        "perf_event", "pids", "rdma",
    ];

    private CgroupMounts(ImmutableArray<CgroupHierarchy> hierarchies)
    {
        Hierarchies = hierarchies;
        Unified = hierarchies.FirstOrDefault(h => h.IsV2);
    }

    /// <summary>Nothing is mounted.</summary>
    public static CgroupMounts None { get; } = new([]);

    /// <summary>All of them, each once, v1 before v2.</summary>
    public ImmutableArray<CgroupHierarchy> Hierarchies { get; }

    /// <summary>The cgroup2 hierarchy: the only one on a v2 host, one of many on a hybrid one, null on v1.</summary>
    public CgroupHierarchy? Unified { get; }

    /// <summary>
    /// Where a controller's files would be: the v1 hierarchy in which it is mounted, else <see cref="Unified"/>, because a
    /// controller is only in one of the two at a time. Null if there is neither. The unified hierarchy is also returned if the
    /// controller is not enabled there.
    /// </summary>
    /// <param name="controller">A v1 name (<c>cpuacct</c>, <c>blkio</c>) or <c>name=systemd</c>.</param>
    public CgroupHierarchy? For(string controller)
    {
        foreach (CgroupHierarchy hierarchy in Hierarchies)
        {
            if (!hierarchy.IsV2 && hierarchy.Controllers.Contains(controller)) return hierarchy;
        }

        return Unified;
    }

    /// <summary>
    /// Finds the hierarchies of this host: from the directories below <see cref="HostRoots.Cgroup"/> if it is set, else
    /// from /proc/self/mountinfo. Finding none is not an error; see <see cref="Hierarchies"/>.
    /// </summary>
    public static CgroupMounts Find(HostRoots roots)
    {
        if (roots.Cgroup is { } directory) return FindBelow(directory);

        // In a procfs of another pid namespace "self" may not exist; our own always lists what we can reach.
        foreach (string path in (ReadOnlySpan<string>)[roots.Proc + "/self/mountinfo", "/proc/self/mountinfo"])
        {
            try
            {
                return Parse(File.ReadAllText(path, Encoding.Latin1), Decode);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }
        }

        return None;

        // Each byte was read as one char, so that octal escapes of the bytes of a multi-byte character are decoded first.
        static string Decode(string latin1) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin1));
    }

    /// <summary>Reads the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). Malformed lines are ignored.</summary>
    /// <param name="mountinfo">The text.</param>
    /// <param name="decode">Converts a path after its octal escapes are decoded; null: no conversion.</param>
    public static CgroupMounts Parse(string mountinfo, Func<string, string>? decode = null)
    {
        MountTree mounts = MountTree.Parse(mountinfo, decode);
        var found = new List<(CgroupHierarchy Hierarchy, int Rank, int Line)>();
        for (int number = 0; number < mounts.Count; number++)
        {
            MountInfo mount = mounts[number];
            bool isV2 = mount.Type == "cgroup2";
            if (!isV2 && mount.Type != "cgroup") continue;

            ImmutableArray<string> controllers = isV2 ? [] : ControllersOf(mount.SuperOptions);
            if (!isV2 && controllers.IsEmpty) continue;
            string root = mount.Root;

            // A mount from outside our cgroup namespace has the root /../..: it shows cgroups above our /, so it shows more
            // than a mount of /.
            int rank = root == "/" ? 1 : 2;
            if (IsAbove(root))
            {
                root = "/";
                rank = 0;
            }

            found.Add((new CgroupHierarchy(mount.Point, root, isV2, controllers), rank, number));
        }

        var best = new Dictionary<string, (CgroupHierarchy Hierarchy, int Rank, int Line)>(StringComparer.Ordinal);
        foreach (var candidate in found)
        {
            if (mounts.IsHidden(candidate.Line)) continue;
            string which = candidate.Hierarchy.IsV2 ? "" : string.Join(',', candidate.Hierarchy.Controllers.Order(StringComparer.Ordinal));
            if (!best.TryGetValue(which, out var known) || candidate.Rank < known.Rank) best[which] = candidate;
        }

        return Make(best.Values.OrderBy(b => b.Line).Select(b => b.Hierarchy));
    }

    /// <summary>Finds the hierarchies in a directory like /sys/fs/cgroup: the unified one itself, or one in each sub-directory.</summary>
    private static CgroupMounts FindBelow(string directory)
    {
        string top = directory.Length > 1 ? directory.TrimEnd('/') : directory;
        if (File.Exists(top + "/cgroup.controllers")) return Make([new CgroupHierarchy(top, "/", true, [])]);

        var found = new List<CgroupHierarchy>();
        try
        {
            // Symbolic links (cpu -> cpu,cpuacct) come last and count only if their target was not found itself.
            foreach (DirectoryInfo entry in new DirectoryInfo(top).EnumerateDirectories()
                         .OrderBy(d => d.LinkTarget is not null).ThenBy(d => d.Name, StringComparer.Ordinal))
            {
                string mountPoint = top + "/" + entry.Name;
                if (File.Exists(mountPoint + "/cgroup.controllers"))
                {
                    if (!found.Exists(h => h.IsV2)) found.Add(new CgroupHierarchy(mountPoint, "/", true, []));
                    continue;
                }

                ImmutableArray<string> controllers = [.. entry.Name.Split(',', StringSplitOptions.RemoveEmptyEntries)];
                if (!controllers.All(KnownControllers.Contains))
                {
                    if (!File.Exists(mountPoint + "/cgroup.procs")) continue;
                    controllers = ["name=" + entry.Name];
                }

                if (found.Exists(h => h.Controllers.Any(controllers.Contains))) continue;
                found.Add(new CgroupHierarchy(mountPoint, "/", false, controllers));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The hierarchies found so far are kept; check reports an unreadable directory.
        }

        return Make(found);
    }

    private static CgroupMounts Make(IEnumerable<CgroupHierarchy> hierarchies) =>
        new([.. hierarchies.OrderBy(h => h.IsV2)]);

    private static ImmutableArray<string> ControllersOf(string superOptions)
    {
        var controllers = ImmutableArray.CreateBuilder<string>();
        foreach (string option in superOptions.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (NotControllers.Contains(option)) continue;

            // release_agent=…, context="system_u:object_r:x:s0:c1,c2" (split at the quoted comma; both parts contain : or ").
            bool isName = option.StartsWith("name=", StringComparison.Ordinal);
            if (!isName && option.AsSpan().ContainsAny("=:\"")) continue;
            controllers.Add(option);
        }

        return controllers.ToImmutable();
    }

    private static bool IsAbove(string root)
    {
        if (!root.StartsWith("/..", StringComparison.Ordinal)) return false;
        foreach (Range part in root.AsSpan(1).Split('/'))
        {
            if (!root.AsSpan(1)[part].SequenceEqual("..")) return false;
        }

        return true;
    }
}
