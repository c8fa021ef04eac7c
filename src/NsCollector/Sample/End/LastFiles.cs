using System.Collections.Immutable;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Watch;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Sample.End;

/// <summary>
/// Which files are read of a container at its end and when it lacks memory, on this host: a selection of what
/// <see cref="CgroupFilePlan"/> reads each cycle, by the same rules. Two of these made from the same mounts and options are alike.
/// </summary>
public sealed class LastFiles
{
    private readonly ImmutableArray<WatchedFile>.Builder _files = ImmutableArray.CreateBuilder<WatchedFile>();
    private readonly ImmutableArray<CgroupFileKind>.Builder _kinds = ImmutableArray.CreateBuilder<CgroupFileKind>();
    private readonly List<CgroupHierarchy> _hierarchies = [];

    /// <summary>Chooses the files.</summary>
    /// <param name="mounts">Where the cgroup hierarchies are.</param>
    /// <param name="options">What is read at all.</param>
    public LastFiles(CgroupMounts mounts, SampleOptions options)
    {
        Cpu(mounts);
        int memory = Memory(mounts);
        if (options.Blkio) Blkio(mounts);

        // Told of even where no file of it is wanted: its cgroup.events says whether a process is left.
        int unified = mounts.Unified is { } hierarchy ? IndexOf(hierarchy) : -1;
        Plan = new WatchPlan([.. _hierarchies], _files.ToImmutable(), memory, unified);
        Kinds = _kinds.ToImmutable();
    }

    /// <summary>What the watch is made with.</summary>
    public WatchPlan Plan { get; }

    /// <summary>By the index of the file: what it is.</summary>
    internal ImmutableArray<CgroupFileKind> Kinds { get; }

    /// <summary>Whether memory is on v2, where every limit is one that was set.</summary>
    internal bool UnifiedMemory { get; private set; }

    private void Cpu(CgroupMounts mounts)
    {
        if (mounts.For("cpuacct") is not { } cpuacct) return;
        if (cpuacct.IsV2)
        {
            Add(cpuacct, CgroupFileKind.CpuStat, "cpu.stat");
            return;
        }

        Add(cpuacct, CgroupFileKind.CpuacctUsage, "cpuacct.usage");
        Add(cpuacct, CgroupFileKind.CpuacctUser, "cpuacct.usage_user");
        Add(cpuacct, CgroupFileKind.CpuacctSystem, "cpuacct.usage_sys");
        Add(cpuacct, CgroupFileKind.CpuacctStat, "cpuacct.stat");
    }

    private int Memory(CgroupMounts mounts)
    {
        if (mounts.For("memory") is not { } memory) return -1;
        UnifiedMemory = memory.IsV2;
        if (memory.IsV2)
        {
            Add(memory, CgroupFileKind.MemoryMaxUsage, "memory.peak", atOom: true);
            Add(memory, CgroupFileKind.MemoryEventsV2, "memory.events", atOom: true);
            Add(memory, CgroupFileKind.MemoryUsage, "memory.current", atEnd: false, atOom: true);
            Add(memory, CgroupFileKind.MemoryLimit, "memory.max", atEnd: false, atOom: true);
        }
        else
        {
            Add(memory, CgroupFileKind.MemoryMaxUsage, "memory.max_usage_in_bytes", atOom: true);
            Add(memory, CgroupFileKind.MemoryOomControlV1, "memory.oom_control", atOom: true);
            Add(memory, CgroupFileKind.MemoryUsage, "memory.usage_in_bytes", atEnd: false, atOom: true);
            Add(memory, CgroupFileKind.MemoryLimit, "memory.limit_in_bytes", atEnd: false, atOom: true);
            Add(memory, CgroupFileKind.MemoryFailcnt, "memory.failcnt", atEnd: false, atOom: true);
        }

        return IndexOf(memory);
    }

    private void Blkio(CgroupMounts mounts)
    {
        if (mounts.For("blkio") is not { } blkio) return;
        if (blkio.IsV2)
        {
            Add(blkio, CgroupFileKind.IoStatV2, "io.stat");
            return;
        }

        foreach (string name in CgroupFilePlan.BlkioBytesChain) Add(blkio, CgroupFileKind.BlkioBytes, name);
    }

    private void Add(CgroupHierarchy hierarchy, CgroupFileKind kind, string name, bool atEnd = true, bool atOom = false)
    {
        _files.Add(new WatchedFile(IndexOf(hierarchy), name, atEnd, atOom));
        _kinds.Add(kind);
    }

    private int IndexOf(CgroupHierarchy hierarchy)
    {
        int index = _hierarchies.IndexOf(hierarchy);
        if (index >= 0) return index;
        _hierarchies.Add(hierarchy);
        return _hierarchies.Count - 1;
    }
}
