using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Parents;

/// <summary>
/// The root, and the cgroups that contain containers: slices, pods. These appear with their first container and leave with the last one. They
/// are read near the end of a cycle, and are never counted as containers. For the sampling thread; a steady cycle allocates nothing.
/// </summary>
/// <param name="cgroups">Opens and reads them.</param>
/// <param name="most">How many are read at most.</param>
/// <param name="counters">Counts failures.</param>
internal sealed class ParentCgroups(CgroupSampler cgroups, int most, AgentCounters counters)
{
    private readonly Dictionary<string, ParentCgroup> _byPath = new(StringComparer.Ordinal);
    private readonly HashSet<string> _containerPaths = new(StringComparer.Ordinal);
    private ParentCgroup[] _all = [];
    private ContainerList _list = ContainerList.Empty;
    private long _generation;

    private long _rootUsageBytes;

    // Below those of containers, which are positive.
    private long _lastKey;

    /// <summary>How many there are.</summary>
    internal int Count => _all.Length;

    /// <summary>Reads all of them and hands them over.</summary>
    /// <param name="list">The containers.</param>
    /// <param name="consumer">Receives the samples.</param>
    internal void Read(ContainerList list, ISampleConsumer consumer)
    {
        if (_generation == 0 || !ReferenceEquals(list, _list)) Update(list);
        foreach (ParentCgroup parent in _all)
        {
            if (parent.IsHidden) CgroupDirectories.RecheckMissing(parent.Cgroup);
            if (parent.IsHidden) continue;
            ContainerSample sample = parent.Sample;
            sample.Clear();
            sample.TimestampNs = SystemClock.RealtimeNs();
            long statNs = parent.Cgroup.NextStatNs;
            if (cgroups.Read(parent.Cgroup, sample, SystemClock.MonotonicNs()) == CgroupReadResult.Vanished)
            {
                // Removed, and perhaps created again for another container since the last cycle.
                cgroups.Close(parent.Cgroup);
                parent.Cgroup = cgroups.Open(parent.Container);
                continue;
            }

            bool isStatRead = parent.Cgroup.NextStatNs != statNs || statNs == long.MinValue;

            // v1 counts a kill in the victim's cgroup only, v2 also in all cgroups above: for a parent it would be 0, or counted twice.
            sample.Scalars.Remove(Reading.MemoryOomKills);
            if (parent.Container.CgroupPath == "/") CompleteRoot(sample.Scalars, isStatRead);
            if (sample.ImpossibleCount is > 0 and int impossible) counters.Add(AgentCounter.ValuesImpossible, impossible);
            consumer.AcceptParent(parent.Container, sample);
        }
    }

    /// <summary>Closes all files.</summary>
    internal void CloseAll()
    {
        foreach (ParentCgroup parent in _all) cgroups.Close(parent.Cgroup);
        _all = [];
        _byPath.Clear();
    }

    /// <summary>
    /// The root has neither a limit nor, on cgroup v2, memory.current. As in cAdvisor, its limit is the host's memory, and its usage on v2 is
    /// anon and file of memory.stat.
    /// </summary>
    private void CompleteRoot(ReadingSet scalars, bool isStatRead)
    {
        // In a cgroup namespace, the topmost cgroup has a limit of its own.
        if (!scalars.Has(Reading.MemoryLimitBytes) && cgroups.HostMemoryBytes is { } host) scalars.Set(Reading.MemoryLimitBytes, host);
        if (!cgroups.Plan.UnifiedMemory || scalars.Has(Reading.MemoryUsageBytes)) return;
        if (isStatRead) _rootUsageBytes = 0;
        if (scalars.TryGet(Reading.MemoryAnonBytes, out long anon) && scalars.TryGet(Reading.MemoryFileBytes, out long file))
        {
            _rootUsageBytes = anon + file;
            if (scalars.TryGet(Reading.MemoryInactiveFileBytes, out long inactive)) scalars.Set(Reading.MemoryWorkingSetBytes, Math.Max(0, _rootUsageBytes - inactive));
        }

        // memory.stat may not be read in each cycle.
        if (_rootUsageBytes > 0) scalars.Set(Reading.MemoryUsageBytes, _rootUsageBytes);
    }

    private void Update(ContainerList list)
    {
        _list = list;
        _generation++;
        _containerPaths.Clear();
        foreach (Container container in list.Containers) _containerPaths.Add(container.CgroupPath);
        ParentCgroup root = _byPath.GetValueOrDefault("/") ?? Open("/");
        root.Generation = _generation;
        foreach (Container container in list.Containers) Mark(container);

        bool hasLost = false;
        foreach (ParentCgroup parent in _byPath.Values)
        {
            if (parent.Generation == _generation) continue;
            cgroups.Close(parent.Cgroup);
            hasLost = true;
        }

        if (hasLost)
        {
            foreach (ParentCgroup parent in _all)
            {
                if (parent.Generation != _generation) _byPath.Remove(parent.Container.CgroupPath);
            }
        }

        if (hasLost || _byPath.Count != _all.Length) _all = [.. _byPath.Values];
    }

    /// <summary>Marks all cgroups above a container, and opens new ones.</summary>
    private void Mark(Container container)
    {
        Dictionary<string, ParentCgroup>.AlternateLookup<ReadOnlySpan<char>> known = _byPath.GetAlternateLookup<ReadOnlySpan<char>>();
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> containers = _containerPaths.GetAlternateLookup<ReadOnlySpan<char>>();
        ReadOnlySpan<char> path = container.CgroupPath;
        while (path.Length > 1 && path.LastIndexOf('/') is >= 0 and int end)
        {
            path = end == 0 ? "/" : path[..end];

            // A container in which others run.
            if (containers.Contains(path)) continue;
            if (!known.TryGetValue(path, out ParentCgroup? parent))
            {
                // A container can make deep paths in its own cgroup.
                if (_byPath.Count >= most)
                {
                    counters.Add(AgentCounter.ParentsOverLimit);
                    continue;
                }

                parent = Open(path.ToString());
            }

            parent.TakePod(container.Identity);
            if (parent.Generation == _generation) return;
            parent.Generation = _generation;
        }
    }

    private ParentCgroup Open(string path)
    {
        var container = new Container(--_lastKey, new ContainerIdentity(ContainerRuntime.Cgroup, path), path, null) { IsParent = true };
        return _byPath[path] = new ParentCgroup(container, cgroups.Open(container));
    }
}
