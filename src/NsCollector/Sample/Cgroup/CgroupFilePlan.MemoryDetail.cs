using NsCollector.Catalogue;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Cgroup.MemoryDetail;

namespace NsCollector.Sample.Cgroup;

// The files of cgroup.memory_detail, which are read in each cycle, ranked after all other files.
internal sealed partial class CgroupFilePlan
{
    private const int FirstDetailRank = 30;

    /// <summary>Index of the v1 hierarchy in which the states of tasks are counted; -1 if there is none.</summary>
    internal int TaskStatesHierarchy { get; private set; } = -1;

    private void MemoryDetail()
    {
        int rank = FirstDetailRank;
        if (_mounts.For("memory") is { } memory)
        {
            string[] values = memory.IsV2
                ? ["swap.peak", "zswap.current"]
                :
                [
                    "memsw.usage_in_bytes", "memsw.max_usage_in_bytes", "memsw.failcnt", "kmem.usage_in_bytes", "kmem.max_usage_in_bytes", "kmem.failcnt",
                    "kmem.tcp.usage_in_bytes", "kmem.tcp.max_usage_in_bytes", "kmem.tcp.failcnt",
                ];
            foreach (string value in values) AddExtra(memory, "memory." + value, new DetailValueParser(DetailKeys("memory." + value, memory)[0].Reading), rank: rank++);
            string[] keyed = memory.IsV2 ? ["events", "events.local", "swap.events"] : ["oom_control"];
            foreach (string name in keyed) AddExtra(memory, "memory." + name, DetailParser("memory." + name, memory), rank: rank++);
            var nodes = new NumaStatParser(KernelKeys.Of("memory.numa_stat", memory.IsV2, part => part == SamplePart.MemoryNodes));
            AddExtra(memory, "memory.numa_stat", nodes, rank: rank++, kind: CgroupFileKind.NumaStat);
        }

        if (_mounts.Unified is { } unified) AddExtra(unified, "cgroup.stat", DetailParser("cgroup.stat", unified), rank: rank++);
        if (_mounts.For("misc") is { } misc) AddExtra(misc, "misc.current", new MiscParser(), rank: rank++);
        if (_mounts.For("cpu") is { } cpu) LocalThrottling(cpu, rank++);
        if ((_mounts.For("pids") ?? _mounts.Unified) is not { } pids) return;

        // The payload's file comes first: it is read only if its number can be used, and the container's own number is added to it.
        AddPayload(pids, CgroupFileKind.Processes, "cgroup.procs", rank);
        Add(pids, CgroupFileKind.Processes, "cgroup.procs", rank);
        if (!pids.IsV2) TaskStatesHierarchy = _hierarchies.IndexOf(pids);
    }

    private void LocalThrottling(CgroupHierarchy cpu, int rank)
    {
        var parser = new ExtraKeysParser(KernelKeys.Of("cpu.stat.local", cpu.IsV2), reading => reading.Sample.Scalars);
        int own = Add(cpu, CgroupFileKind.Extra, "cpu.stat.local", rank);
        AddPayload(cpu, CgroupFileKind.Extra, "cpu.stat.local", rank);
        for (int i = own; i < _files.Count; i++) _files[i] = _files[i] with { Extras = [parser], IsInnermost = true };
    }

    private static KernelKeys DetailKeys(string name, CgroupHierarchy hierarchy) =>
        KernelKeys.Of(name, hierarchy.IsV2, part => part == SamplePart.MemoryDetail);

    private static ExtraKeysParser DetailParser(string name, CgroupHierarchy hierarchy) =>
        new(DetailKeys(name, hierarchy), reading => reading.Sample.MemoryDetail?.Readings);
}
