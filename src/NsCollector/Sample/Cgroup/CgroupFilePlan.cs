using System.Collections.Immutable;
using System.Text;
using NsCollector.Linux.Cgroup;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Which files a container has on this host, by the hierarchies that are mounted and what is asked for. Made once; every
/// container is read by the same plan, and its own missing files are remembered with the container.
/// </summary>
/// <remarks>
/// The order in which files are listed is the order in which they are read; the rank is separate from it. The ranks are by
/// what is lost when a file has to be opened anew each cycle: all cost about the same to open, so the ones of most use
/// come first, because a held file also gives its last value fastest when the container ends.
/// </remarks>
internal sealed class CgroupFilePlan
{
    // crun's name for it.
    private const string PayloadName = "container/";

    private readonly List<CgroupFile> _files = [];
    private readonly List<CgroupHierarchy> _hierarchies = [];
    private readonly CgroupMounts _mounts;

    internal CgroupFilePlan(CgroupMounts mounts, SampleOptions options, IReadOnlyList<string> pageSizes)
    {
        _mounts = mounts;
        PageSizes = [.. pageSizes.Select(Encoding.ASCII.GetBytes)];

        if (mounts.Unified is { } unified)
        {
            Add(unified, CgroupFileKind.ControllersV2, "cgroup.controllers");

            // In front of all that is read of this cgroup only where it is. crun freezes only that (seen with 1.21).
            Add(unified, CgroupFileKind.PayloadEventsV2, PayloadName + "cgroup.events");
        }

        Cpu(options);
        Memory();
        if (options.Blkio) Blkio();
        Pids();
        if (options.Pressure) Pressure();
        if (options.Hugetlb) Hugetlb(pageSizes);
        State();

        Files = [.. _files];
        Hierarchies = [.. _hierarchies];
        RankCount = _files.Where(f => !f.IsSlow).Select(f => f.Rank + 1).DefaultIfEmpty(0).Max();
    }

    /// <summary>The files in the order of reading.</summary>
    internal CgroupFile[] Files { get; }

    /// <summary>The hierarchies that any file is in.</summary>
    internal CgroupHierarchy[] Hierarchies { get; }

    /// <summary>The keys of <see cref="ContainerSample.Hugetlb"/>.</summary>
    internal ImmutableArray<byte[]> PageSizes { get; }

    /// <summary>The ranks are 0 to this, exclusive.</summary>
    internal int RankCount { get; }

    /// <summary>How many chains of alternatives there are.</summary>
    internal int ChainCount { get; private set; }

    /// <summary>Whether usage comes from the unified cpu.stat: where cpuacct is not on v1.</summary>
    internal bool UnifiedCpuUsage { get; private set; }

    /// <summary>Whether throttling comes from the unified cpu.stat: where cpu is not on v1.</summary>
    internal bool UnifiedCpuBandwidth { get; private set; }

    /// <summary>Whether memory is on v2.</summary>
    internal bool UnifiedMemory { get; private set; }

    /// <summary>The keys of <see cref="ContainerSample.Pressure"/>.</summary>
    internal static ImmutableArray<byte[]> Resources { get; } =
        [.. ((string[])["cpu", "memory", "io", "irq"]).Select(Encoding.ASCII.GetBytes)];

    /// <summary>
    /// The v1 files that count bytes, in the order of preference: the throttle policy sees every request, whichever scheduler
    /// the device has. A scheduler's own files follow: CFQ's to 4.20, BFQ's since.
    /// </summary>
    internal static ImmutableArray<string> BlkioBytesChain { get; } =
    [
        "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes",
        "blkio.bfq.io_service_bytes_recursive", "blkio.bfq.io_service_bytes",
        "blkio.io_service_bytes_recursive", "blkio.io_service_bytes",
    ];

    private void Cpu(SampleOptions options)
    {
        CgroupHierarchy? cpuacct = _mounts.For("cpuacct"), cpu = _mounts.For("cpu");
        UnifiedCpuUsage = cpuacct is { IsV2: true };
        UnifiedCpuBandwidth = cpu is { IsV2: true };
        if (cpuacct is { IsV2: false })
        {
            Add(cpuacct, CgroupFileKind.CpuacctUsage, "cpuacct.usage", 0);

            // One of two: both halves in nanoseconds (4.7), else cpuacct.stat. The chain is through the first half, as a
            // kernel has both or neither.
            int user = Add(cpuacct, CgroupFileKind.CpuacctUser, "cpuacct.usage_user", 9);
            int stat = Add(cpuacct, CgroupFileKind.CpuacctStat, "cpuacct.stat", 9);
            int system = Add(cpuacct, CgroupFileKind.CpuacctSystem, "cpuacct.usage_sys", 10);
            _files[user].Next = system;
            _files[stat].Next = system + 1;
            if (options.CpuCores) Add(cpuacct, CgroupFileKind.CpuacctPercpu, "cpuacct.usage_percpu", 22);
        }

        if (UnifiedCpuUsage || UnifiedCpuBandwidth)
        {
            Add((UnifiedCpuUsage ? cpuacct : cpu)!, CgroupFileKind.CpuStat, "cpu.stat", 0);
        }

        if (cpu is { IsV2: false })
        {
            Add(cpu, CgroupFileKind.CpuStat, "cpu.stat", 7);
            Add(cpu, CgroupFileKind.CpuQuotaV1, "cpu.cfs_quota_us");
            Add(cpu, CgroupFileKind.CpuPeriodV1, "cpu.cfs_period_us");
            Add(cpu, CgroupFileKind.CpuSharesV1, "cpu.shares");
        }
        else if (cpu is not null)
        {
            Add(cpu, CgroupFileKind.CpuMaxV2, "cpu.max");
            AddOfPayload(cpu, CgroupFileKind.CpuMaxV2, "cpu.max");
            AddOfPayload(cpu, CgroupFileKind.CpuStat, "cpu.stat", 7);
            Add(cpu, CgroupFileKind.CpuWeightV2, "cpu.weight");
        }
    }

    private void Memory()
    {
        if (_mounts.For("memory") is not { } memory) return;
        UnifiedMemory = memory.IsV2;
        if (memory.IsV2)
        {
            Add(memory, CgroupFileKind.MemoryLimit, "memory.max");
            Add(memory, CgroupFileKind.MemorySwapLimitV2, "memory.swap.max");
            AddOfPayload(memory, CgroupFileKind.MemoryLimit, "memory.max");
            AddOfPayload(memory, CgroupFileKind.MemorySwapLimitV2, "memory.swap.max");
            Add(memory, CgroupFileKind.MemoryUsage, "memory.current", 1);
            Add(memory, CgroupFileKind.MemoryStat, "memory.stat", 2);
            Add(memory, CgroupFileKind.MemoryMaxUsage, "memory.peak", 6);
            Add(memory, CgroupFileKind.MemoryEventsV2, "memory.events", 5);
            Add(memory, CgroupFileKind.MemorySwap, "memory.swap.current", 11);
            return;
        }

        Add(memory, CgroupFileKind.MemoryLimit, "memory.limit_in_bytes");
        Add(memory, CgroupFileKind.MemoryMemswLimitV1, "memory.memsw.limit_in_bytes");
        Add(memory, CgroupFileKind.MemoryUsage, "memory.usage_in_bytes", 1);
        Add(memory, CgroupFileKind.MemoryStat, "memory.stat", 2);
        Add(memory, CgroupFileKind.MemoryMaxUsage, "memory.max_usage_in_bytes", 6);
        Add(memory, CgroupFileKind.MemoryOomControlV1, "memory.oom_control", 8);
        Add(memory, CgroupFileKind.MemoryFailcnt, "memory.failcnt", 12);
        Add(memory, CgroupFileKind.MemoryKernel, "memory.kmem.usage_in_bytes", 13);
        Add(memory, CgroupFileKind.MemoryKernelTcp, "memory.kmem.tcp.usage_in_bytes", 14);
    }

    private void Blkio()
    {
        if (_mounts.For("blkio") is not { } blkio) return;
        if (blkio.IsV2)
        {
            Add(blkio, CgroupFileKind.IoStatV2, "io.stat", 3);
            return;
        }

        Chain(blkio, CgroupFileKind.BlkioBytes, 3, BlkioBytesChain.AsSpan());
        Chain(blkio, CgroupFileKind.BlkioOps, 4,
            "blkio.throttle.io_serviced_recursive", "blkio.throttle.io_serviced",
            "blkio.bfq.io_serviced_recursive", "blkio.bfq.io_serviced",
            "blkio.io_serviced_recursive", "blkio.io_serviced");
        Chain(blkio, CgroupFileKind.BlkioSectors, 20, "blkio.sectors_recursive", "blkio.sectors", "blkio.bfq.sectors_recursive", "blkio.bfq.sectors");
        Chain(blkio, CgroupFileKind.BlkioQueued, 21, "blkio.io_queued_recursive", "blkio.io_queued", "blkio.bfq.io_queued_recursive", "blkio.bfq.io_queued");
    }

    private void Pids()
    {
        if (_mounts.For("pids") is not { } pids) return;
        Add(pids, CgroupFileKind.PidsCurrent, "pids.current", 5);
        Add(pids, CgroupFileKind.PidsPeak, "pids.peak", 18);
        Add(pids, CgroupFileKind.PidsEvents, "pids.events", 19);
        Add(pids, CgroupFileKind.PidsLimit, "pids.max");
        if (!pids.IsV2) return;

        // Until 6.11 a fork that fails counts where it was tried, wherever the limit is (kernel/cgroup/pids.c, pids_can_fork).
        AddOfPayload(pids, CgroupFileKind.PidsEvents, "pids.events", 19);
        AddOfPayload(pids, CgroupFileKind.PidsLimit, "pids.max");
    }

    private void Pressure()
    {
        if (_mounts.Unified is not { } unified) return;
        for (int i = 0; i < Resources.Length; i++)
            Add(unified, CgroupFileKind.Pressure, Encoding.ASCII.GetString(Resources[i]) + ".pressure", i < 3 ? 15 + i : 23, i);
    }

    private void Hugetlb(IReadOnlyList<string> pageSizes)
    {
        if (_mounts.For("hugetlb") is not { } hugetlb) return;
        for (int i = 0; i < pageSizes.Count; i++)
        {
            string prefix = $"hugetlb.{pageSizes[i]}.";
            if (hugetlb.IsV2)
            {
                Add(hugetlb, CgroupFileKind.HugetlbUsage, prefix + "current", 24, i);
                Add(hugetlb, CgroupFileKind.HugetlbEventsV2, prefix + "events", 26, i);
                Add(hugetlb, CgroupFileKind.HugetlbLimit, prefix + "max", CgroupFile.NeverHeld, i);
            }
            else
            {
                Add(hugetlb, CgroupFileKind.HugetlbUsage, prefix + "usage_in_bytes", 24, i);
                Add(hugetlb, CgroupFileKind.HugetlbMaxUsage, prefix + "max_usage_in_bytes", 25, i);
                Add(hugetlb, CgroupFileKind.HugetlbFailcnt, prefix + "failcnt", 26, i);
                Add(hugetlb, CgroupFileKind.HugetlbLimit, prefix + "limit_in_bytes", CgroupFile.NeverHeld, i);
            }
        }
    }

    private void State()
    {
        if (_mounts.For("freezer") is { IsV2: false } freezer) Add(freezer, CgroupFileKind.FreezerStateV1, "freezer.state");
        if (_mounts.Unified is { } unified)
        {
            Add(unified, CgroupFileKind.CgroupEventsV2, "cgroup.events");
        }

        // Only where nothing better says whether there is a process.
        CgroupHierarchy? any = _mounts.Hierarchies.FirstOrDefault(h => !h.IsV2 && !h.Controllers.Any(c => c.StartsWith("name=", StringComparison.Ordinal)));
        if (any is not null) Add(any, CgroupFileKind.Procs, "cgroup.procs");
    }

    private void Chain(CgroupHierarchy hierarchy, CgroupFileKind kind, int rank, params ReadOnlySpan<string> names)
    {
        int end = _files.Count + names.Length;
        foreach (string name in names)
        {
            CgroupFile file = _files[Add(hierarchy, kind, name, rank)];
            file.Next = end;
            file.Chain = ChainCount;
            if (name.EndsWith("_recursive", StringComparison.Ordinal)) file.NextIfEmpty++;
        }

        ChainCount++;
    }

    private void AddOfPayload(CgroupHierarchy hierarchy, CgroupFileKind kind, string name, int rank = CgroupFile.NeverHeld)
    {
        int index = Add(hierarchy, kind, PayloadName + name, rank);
        _files[index] = _files[index] with { IsOfPayload = true };
    }

    private int Add(CgroupHierarchy hierarchy, CgroupFileKind kind, string name, int rank = CgroupFile.NeverHeld, int item = 0)
    {
        int index = _hierarchies.IndexOf(hierarchy);
        if (index < 0)
        {
            index = _hierarchies.Count;
            _hierarchies.Add(hierarchy);
        }

        _files.Add(new CgroupFile(kind, index, Encoding.ASCII.GetBytes(name + "\0"), rank, item) { Next = _files.Count + 1, NextIfEmpty = _files.Count + 1 });
        return _files.Count - 1;
    }
}
