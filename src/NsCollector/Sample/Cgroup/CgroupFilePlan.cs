using System.Collections.Immutable;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Cgroup;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// The files to read of each container on this host, by the mounted hierarchies and the enabled measurements. Created once
/// for all containers; <see cref="ContainerCgroup"/> records which files are missing for one of them.
/// </summary>
/// <remarks>
/// Files are read in the order in which they are added. The rank is independent of it. All files cost about the same to
/// open, so the most useful ones have the lowest ranks.
/// </remarks>
internal sealed partial class CgroupFilePlan
{
    // crun's name of the cgroup.
    private const string PayloadName = "container/";

    // A held directory makes opening each file in it cheaper by about 1 µs and costs about 250 bytes. Holding a file saves about
    // 2 µs and costs 4,400 bytes.
    private const int MinFilesOfHeldDirectory = 1;

    /// <summary>From this value on memory has no limit on v1.</summary>
    internal const ulong UnlimitedMemory = MemoryCgroupFiles.UnlimitedFromV1;

    // For hugetlb, PAGE_COUNTER_MAX is rounded down to a huge page of at most 16 GiB.
    private const ulong UnlimitedHugetlb = (1UL << 63) - (16UL << 30);

    private readonly List<CgroupFile> _files = [];
    private readonly List<CgroupHierarchy> _hierarchies = [];
    private readonly List<byte[]> _controllers = [];
    private readonly CgroupMounts _mounts;

    internal CgroupFilePlan(CgroupMounts mounts, SampleOptions options, IReadOnlyList<string> pageSizes)
    {
        _mounts = mounts;
        PageSizes = [.. pageSizes.Select(Encoding.ASCII.GetBytes)];

        if (mounts.Unified is { } unified)
        {
            Add(unified, CgroupFileKind.ControllersV2, "cgroup.controllers");

            // Before the other files of the payload, which are read only if this one exists. crun freezes only the payload (seen with 1.21).
            Add(unified, CgroupFileKind.PayloadEventsV2, PayloadName + "cgroup.events");
        }
        else if (mounts.For("memory") is { } first)
        {
            Add(first, CgroupFileKind.PayloadProcsV1, PayloadName + "cgroup.procs");
        }

        Cpu(options);
        Memory(options);
        if (options.Blkio) Blkio();
        Pids();
        if (options.Pressure) Pressure();
        if (options.Hugetlb) Hugetlb(pageSizes);
        State();
        if (options.Limits) Limits(pageSizes);
        if (options.MemoryDetail) MemoryDetail();

        Files = [.. _files];
        Hierarchies = [.. _hierarchies];
        CpuLimitHierarchy = mounts.For("cpu") is { } cpu ? _hierarchies.IndexOf(cpu) : -1;
        MemoryLimitHierarchy = mounts.For("memory") is { IsV2: true } memory ? _hierarchies.IndexOf(memory) : -1;
        RankCount = _files.Where(f => !f.IsSlow).Select(f => f.Rank + 1).DefaultIfEmpty(0).Max();
        DirectoryRanks = RankDirectories();
        DirectoryRankCount = DirectoryRanks.Count(rank => rank != NeverHeldDirectory);
    }

    /// <summary>The rank of a hierarchy with so few files that its directories are not worth a descriptor.</summary>
    internal const int NeverHeldDirectory = int.MaxValue;

    /// <summary>The files in the order of reading.</summary>
    internal CgroupFile[] Files { get; }

    /// <summary>The hierarchies of the files.</summary>
    internal CgroupHierarchy[] Hierarchies { get; }

    /// <summary>Index of the hierarchy whose cgroups limit CPU time; -1 if there is none.</summary>
    internal int CpuLimitHierarchy { get; }

    /// <summary>The same for memory, only on v2: on v1 memory.stat has the limits of the ancestors.</summary>
    internal int MemoryLimitHierarchy { get; }

    /// <summary>The keys of <see cref="ContainerSample.Hugetlb"/>.</summary>
    internal ImmutableArray<byte[]> PageSizes { get; }

    /// <summary>The ranks are 0 to this, exclusive.</summary>
    internal int RankCount { get; }

    /// <summary>By hierarchy: the priority of a container's directory for being held open, 0 the highest: the one with the most files that are read each cycle.</summary>
    internal int[] DirectoryRanks { get; }

    /// <summary>How many directories of a container may be held.</summary>
    internal int DirectoryRankCount { get; }

    /// <summary>How many files of a container are held at most: of alternatives one, and none below the container's own cgroup.</summary>
    internal int MaxHeldFilesPerContainer => CountEachCycle(_files);

    /// <summary>The bit of <see cref="CgroupFile.Controller"/> for a controller of v2; 0 if no file needs it.</summary>
    /// <param name="name">Its name, as in cgroup.controllers.</param>
    internal ulong ControllerBit(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < _controllers.Count; i++)
        {
            if (name.SequenceEqual(_controllers[i])) return 1UL << i;
        }

        return 0;
    }

    /// <summary>How many chains of alternatives there are.</summary>
    internal int ChainCount { get; private set; }

    /// <summary>Whether memory is on v2.</summary>
    internal bool UnifiedMemory { get; private set; }

    /// <summary>The keys of <see cref="ContainerSample.Pressure"/>.</summary>
    internal static ImmutableArray<byte[]> Resources { get; } =
        [.. ((string[])["cpu", "memory", "io", "irq"]).Select(Encoding.ASCII.GetBytes)];

    private static int CountEachCycle(IEnumerable<CgroupFile> files) =>
        files.Where(file => !file.IsSlow && !file.IsPayload).Select((file, index) => file.Chain < 0 ? -1 - index : file.Chain).Distinct().Count();

    private int[] RankDirectories()
    {
        int[] counts = [.. Hierarchies.Select((_, hierarchy) => CountEachCycle(_files.Where(file => file.Hierarchy == hierarchy && file.InsteadOf < 0)))];
        int[] held = [.. Enumerable.Range(0, counts.Length).Where(i => counts[i] >= MinFilesOfHeldDirectory).OrderByDescending(i => counts[i])];
        return [.. counts.Select((_, hierarchy) => Array.IndexOf(held, hierarchy) is >= 0 and int rank ? rank : NeverHeldDirectory)];
    }

    private void Memory(SampleOptions options)
    {
        if (_mounts.For("memory") is not { } memory) return;
        UnifiedMemory = memory.IsV2;
        const ReadAlso AtExitAndOom = ReadAlso.AtExit | ReadAlso.AtOom;
        if (memory.IsV2)
        {
            AddValue(memory, "memory.peak", 6, AtExitAndOom);
            Add(memory, CgroupFileKind.Keyed, "memory.events", 5, also: AtExitAndOom);
            AddValue(memory, "memory.current", 1, ReadAlso.AtOom);
            Add(memory, CgroupFileKind.MemoryStat, "memory.stat", 2);
            AddValue(memory, "memory.swap.current", 11);
            Add(memory, CgroupFileKind.MemoryLimit, "memory.max", also: ReadAlso.AtOom);
            Add(memory, CgroupFileKind.Limit, "memory.swap.max");
            AddPayload(memory, CgroupFileKind.MemoryLimit, "memory.max");
            AddPayload(memory, CgroupFileKind.Limit, "memory.swap.max");
            return;
        }

        AddValue(memory, "memory.max_usage_in_bytes", 6, AtExitAndOom);
        Add(memory, CgroupFileKind.Keyed, "memory.oom_control", 8, also: AtExitAndOom);
        AddValue(memory, "memory.usage_in_bytes", 1, ReadAlso.AtOom);
        Add(memory, CgroupFileKind.MemoryStat, "memory.stat", 2);
        Add(memory, CgroupFileKind.MemoryLimit, "memory.limit_in_bytes", also: ReadAlso.AtOom, unlimitedFrom: UnlimitedMemory);
        Add(memory, CgroupFileKind.MemoryMemswLimitV1, "memory.memsw.limit_in_bytes", unlimitedFrom: UnlimitedMemory);
        AddPayload(memory, CgroupFileKind.MemoryLimit, "memory.limit_in_bytes", unlimitedFrom: UnlimitedMemory);
        AddPayload(memory, CgroupFileKind.MemoryMemswLimitV1, "memory.memsw.limit_in_bytes", unlimitedFrom: UnlimitedMemory);
        AddValue(memory, "memory.failcnt", 12, ReadAlso.AtOom);

        // v1 counts these two in the cgroup with the limit only (mm/page_counter.c, memcg_memory_event), so they are added.
        AddPayload(memory, CgroupFileKind.Value, "memory.failcnt", 12);
        AddPayload(memory, CgroupFileKind.Keyed, "memory.oom_control", 8);
        AddValue(memory, "memory.kmem.usage_in_bytes", 13);

        // 0 until a limit for it is set in the cgroup (mem_cgroup_sk_alloc, mm/memcontrol.c), which no runtime does by itself.
        if (options.MemoryDetail) AddValue(memory, "memory.kmem.tcp.usage_in_bytes", 14);
    }

    private void Blkio()
    {
        if (_mounts.For("blkio") is not { } blkio) return;
        if (blkio.IsV2)
        {
            Add(blkio, CgroupFileKind.IoStatV2, "io.stat", 3, also: ReadAlso.AtExit);
            return;
        }

        // The throttle policy sees every request, whichever scheduler the device has. A scheduler's own files follow: CFQ's to
        // 4.20, BFQ's since.
        Chain(blkio, CgroupFileKind.BlkioBytes, 3, ReadAlso.AtExit,
            "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes",
            "blkio.bfq.io_service_bytes_recursive", "blkio.bfq.io_service_bytes",
            "blkio.io_service_bytes_recursive", "blkio.io_service_bytes");
        Chain(blkio, CgroupFileKind.BlkioOps, 4, ReadAlso.Never,
            "blkio.throttle.io_serviced_recursive", "blkio.throttle.io_serviced",
            "blkio.bfq.io_serviced_recursive", "blkio.bfq.io_serviced",
            "blkio.io_serviced_recursive", "blkio.io_serviced");
        Chain(blkio, CgroupFileKind.BlkioSectors, 20, ReadAlso.Never,
            "blkio.sectors_recursive", "blkio.sectors", "blkio.bfq.sectors_recursive", "blkio.bfq.sectors");
        Chain(blkio, CgroupFileKind.BlkioQueued, 21, ReadAlso.Never,
            "blkio.io_queued_recursive", "blkio.io_queued", "blkio.bfq.io_queued_recursive", "blkio.bfq.io_queued");
    }

    private void Pids()
    {
        if (_mounts.For("pids") is not { } pids) return;
        AddValue(pids, "pids.current", 5);
        AddValue(pids, "pids.peak", 18);
        Add(pids, CgroupFileKind.PidsEvents, "pids.events", 19);
        Add(pids, CgroupFileKind.Limit, "pids.max");

        // Before 6.11, a failed fork is counted in the cgroup of the process, not in the cgroup that has the limit (pids_can_fork, kernel/cgroup/pids.c).
        AddPayload(pids, CgroupFileKind.PidsEvents, "pids.events", 19);
        AddPayload(pids, CgroupFileKind.Limit, "pids.max");
    }

    private void Pressure()
    {
        if (_mounts.Unified is not { } unified) return;
        for (int i = 0; i < Resources.Length; i++)
            Add(unified, CgroupFileKind.Pressure, Encoding.ASCII.GetString(Resources[i]) + ".pressure", i < 3 ? 15 + i : 23, item: i);
    }

    private void Hugetlb(IReadOnlyList<string> pageSizes)
    {
        if (_mounts.For("hugetlb") is not { } hugetlb) return;
        for (int i = 0; i < pageSizes.Count; i++)
        {
            string prefix = $"hugetlb.{pageSizes[i]}.";
            if (hugetlb.IsV2)
            {
                Add(hugetlb, CgroupFileKind.HugetlbValue, prefix + "current", 24, item: i);
                Add(hugetlb, CgroupFileKind.HugetlbKeyed, prefix + "events", 26, item: i);
                Add(hugetlb, CgroupFileKind.HugetlbLimit, prefix + "max", item: i, unlimitedFrom: UnlimitedHugetlb);
            }
            else
            {
                Add(hugetlb, CgroupFileKind.HugetlbValue, prefix + "usage_in_bytes", 24, item: i);
                Add(hugetlb, CgroupFileKind.HugetlbValue, prefix + "max_usage_in_bytes", 25, item: i);
                Add(hugetlb, CgroupFileKind.HugetlbValue, prefix + "failcnt", 26, item: i);
                Add(hugetlb, CgroupFileKind.HugetlbLimit, prefix + "limit_in_bytes", item: i, unlimitedFrom: UnlimitedHugetlb);
            }
        }
    }

    private void State()
    {
        if (_mounts.For("freezer") is { IsV2: false } freezer)
        {
            Add(freezer, CgroupFileKind.FreezerStateV1, "freezer.state");
            AddPayload(freezer, CgroupFileKind.FreezerStateV1, "freezer.state");
        }

        if (_mounts.Unified is { } unified)
        {
            Add(unified, CgroupFileKind.CgroupEventsV2, "cgroup.events");
        }

        // Read only if nothing better shows whether there is a process.
        CgroupHierarchy? any = _mounts.Hierarchies.FirstOrDefault(h => !h.IsV2 && !h.Controllers.Any(c => c.StartsWith("name=", StringComparison.Ordinal)));
        if (any is not null) Add(any, CgroupFileKind.Procs, "cgroup.procs");
    }

    private void Chain(CgroupHierarchy hierarchy, CgroupFileKind kind, int rank, ReadAlso also, params ReadOnlySpan<string> names)
    {
        int end = _files.Count + names.Length;
        foreach (string name in names)
        {
            CgroupFile file = _files[Add(hierarchy, kind, name, rank, also: also)];
            file.Next = end;
            file.Chain = ChainCount;
            if (name.EndsWith("_recursive", StringComparison.Ordinal)) file.NextIfEmpty++;
        }

        ChainCount++;
    }

    private void AddPayload(CgroupHierarchy hierarchy, CgroupFileKind kind, string name, int rank = CgroupFile.NeverHeld, ulong unlimitedFrom = ulong.MaxValue)
    {
        int index = Add(hierarchy, kind, name, rank, unlimitedFrom: unlimitedFrom);
        _files[index] = _files[index] with { IsPayload = true, Controller = 0, NameWithNul = Encoding.ASCII.GetBytes(PayloadName + name + "\0") };
    }

    private int AddValue(CgroupHierarchy hierarchy, string name, int rank, ReadAlso also = ReadAlso.Never) =>
        Add(hierarchy, CgroupFileKind.Value, name, rank, also: also);

    private int Add(
        CgroupHierarchy hierarchy, CgroupFileKind kind, string name, int rank = CgroupFile.NeverHeld,
        int item = 0, ReadAlso also = ReadAlso.Never, ulong unlimitedFrom = ulong.MaxValue)
    {
        int index = _hierarchies.IndexOf(hierarchy);
        if (index < 0)
        {
            index = _hierarchies.Count;
            _hierarchies.Add(hierarchy);
        }

        _files.Add(new CgroupFile(kind, index, Encoding.ASCII.GetBytes(name + "\0"), rank)
        {
            Reading = kind is CgroupFileKind.Value or CgroupFileKind.HugetlbValue or CgroupFileKind.Limit
                ? KernelKeys.ReadingOf(CatalogueName(kind, name, item), hierarchy.IsV2) : default,
            Parser = kind is CgroupFileKind.Keyed or CgroupFileKind.HugetlbKeyed or CgroupFileKind.CpuacctStat or CgroupFileKind.CpuacctTicks or CgroupFileKind.PidsEvents
                ? new FlatKeyedParser(KernelKeys.Of(CatalogueName(kind, name, item), hierarchy.IsV2)) : null,
            OomParser = KernelKeys.Of(name, hierarchy.IsV2, part => part == SamplePart.Oom) is { Count: > 0 } oom ? new FlatKeyedParser(oom) : null,
            Item = item,
            IsV2 = hierarchy.IsV2,
            Controller = hierarchy.IsV2 ? AddController(name) : 0,
            ReadAlso = also,
            UnlimitedFrom = unlimitedFrom,
            Next = _files.Count + 1,
            NextIfEmpty = _files.Count + 1,
        });
        return _files.Count - 1;
    }

    // Even without a controller, a cgroup has cgroup.*, cpu.stat and the pressure files (cgroup_base_files and cgroup_psi_files in kernel/cgroup/cgroup.c).
    private ulong AddController(string file)
    {
        string name = file[..file.IndexOf('.', StringComparison.Ordinal)];
        if (name.Contains("cgroup", StringComparison.Ordinal) || file.StartsWith("cpu.stat", StringComparison.Ordinal) || file.EndsWith(".pressure", StringComparison.Ordinal)) return 0;
        byte[] controller = Encoding.ASCII.GetBytes(name);
        if (ControllerBit(controller) == 0) _controllers.Add(controller);
        return ControllerBit(controller);
    }

    // The catalogue has one field for all sizes of huge pages.
    private string CatalogueName(CgroupFileKind kind, string name, int item) =>
        kind is CgroupFileKind.HugetlbValue or CgroupFileKind.HugetlbKeyed
            ? name.Replace($".{Encoding.ASCII.GetString(PageSizes[item])}.", ".SIZE.", StringComparison.Ordinal)
            : name;
}
