using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerMemoryDetailFields
{
    private const string Name = "container_memory_detail";
    private const string When = "cgroup.memory_detail = on";

    internal static Measurement Measurement { get; } = new(Name, SamplePart.MemoryDetail, null, When,
        "Memory figures of the kernel that container_memory does not have. The fields `events_…` include the cgroups below the container's own, the fields `events_local_…` do not. With the mount option memory_localevents of cgroup v2, both are the same.",
        [
            new(Reading.MemoryDetailMemswUsageBytes, "memsw_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory and swap in use together, in bytes.",
                Number("memory.memsw.usage_in_bytes"), "-"),
            new(Reading.MemoryDetailMemswMaxUsageBytes, "memsw_max_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Highest memsw_usage_bytes so far, in bytes.",
                Number("memory.memsw.max_usage_in_bytes"), "-"),
            new(Reading.MemoryDetailMemswFailcnt, "memsw_failcnt", FieldType.Integer, FieldKind.Counter, "1",
                "Times that memory and swap together reached their limit. Since Linux 6.15, the kernel does not count them and reports 0; it still counts failcnt of container_memory.",
                Number("memory.memsw.failcnt"), "-"),
            new(Reading.MemoryDetailKmemUsageBytes, "kmem_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Kernel memory in use, in bytes; the same as kernel_bytes of container_memory.",
                Number("memory.kmem.usage_in_bytes"), "-")
            {
                IsRepeatedOnPage = true,
            },
            new(Reading.MemoryDetailKmemMaxUsageBytes, "kmem_max_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Highest kmem_usage_bytes so far, in bytes.",
                Number("memory.kmem.max_usage_in_bytes"), "-"),
            new(Reading.MemoryDetailKmemFailcnt, "kmem_failcnt", FieldType.Integer, FieldKind.Counter, "1",
                "Times that kernel memory reached its limit. Since Linux 6.15, the kernel does not count them and reports 0.",
                Number("memory.kmem.failcnt"), "-"),
            new(Reading.MemoryDetailKmemTcpUsageBytes, "kmem_tcp_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "TCP buffers in use, in bytes; the same as kernel_tcp_bytes of container_memory. On v1, the kernel counts them only after a limit for them was set.",
                Number("memory.kmem.tcp.usage_in_bytes"), "-"),
            new(Reading.MemoryDetailKmemTcpMaxUsageBytes, "kmem_tcp_max_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Highest kmem_tcp_usage_bytes so far, in bytes.",
                Number("memory.kmem.tcp.max_usage_in_bytes"), "-"),
            new(Reading.MemoryDetailKmemTcpFailcnt, "kmem_tcp_failcnt", FieldType.Integer, FieldKind.Counter, "1",
                "Times that TCP buffers reached their limit. Since Linux 6.15, the kernel does not count them and reports 0.",
                Number("memory.kmem.tcp.failcnt"), "-"),
            new(Reading.MemoryDetailUnderOom, "under_oom", FieldType.Boolean, FieldKind.Gauge, "-",
                "Whether processes are stopped at the memory limit and wait for free memory.",
                Key("memory.oom_control", "under_oom"), "-"),
            new(Reading.MemoryDetailSwapMaxUsageBytes, "swap_max_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Highest swap usage so far, in bytes.",
                "-", Number("memory.swap.peak")),
            new(Reading.MemoryDetailZswapBytes, "zswap_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory used by compressed swap, in bytes.",
                "-", Number("memory.zswap.current")),
            new(Reading.MemoryDetailEventsLow, "events_low", FieldType.Integer, FieldKind.Counter, "1",
                "Times that memory below memory.low was reclaimed under high pressure.",
                "-", Key("memory.events", "low")),
            new(Reading.MemoryDetailEventsHigh, "events_high", FieldType.Integer, FieldKind.Counter, "1",
                "Times that processes were throttled because memory.high was exceeded.",
                "-", Key("memory.events", "high"))
            {
                IsRepeatedOnPage = true,
            },
            new(Reading.MemoryDetailEventsMax, "events_max", FieldType.Integer, FieldKind.Counter, "1",
                "Times that usage was about to exceed memory.max.",
                "-", Key("memory.events", "max"))
            {
                IsRepeatedOnPage = true,
            },
            new(Reading.MemoryDetailEventsOom, "events_oom", FieldType.Integer, FieldKind.Counter, "1",
                "Times that an allocation was about to fail at the limit.",
                "-", Key("memory.events", "oom")),
            new(Reading.MemoryDetailEventsOomKill, "events_oom_kill", FieldType.Integer, FieldKind.Counter, "1",
                "Processes that the OOM killer killed.",
                "-", Key("memory.events", "oom_kill"))
            {
                IsRepeatedOnPage = true,
            },
            new(Reading.MemoryDetailEventsOomGroupKill, "events_oom_group_kill", FieldType.Integer, FieldKind.Counter, "1",
                "OOM kills of a whole cgroup.",
                "-", Key("memory.events", "oom_group_kill")),
            new(Reading.MemoryDetailEventsLocalLow, "events_local_low", FieldType.Integer, FieldKind.Counter, "1",
                "events_low of the container's own cgroup alone.",
                "-", Key("memory.events.local", "low")),
            new(Reading.MemoryDetailEventsLocalHigh, "events_local_high", FieldType.Integer, FieldKind.Counter, "1",
                "events_high of the container's own cgroup alone.",
                "-", Key("memory.events.local", "high")),
            new(Reading.MemoryDetailEventsLocalMax, "events_local_max", FieldType.Integer, FieldKind.Counter, "1",
                "events_max of the container's own cgroup alone.",
                "-", Key("memory.events.local", "max")),
            new(Reading.MemoryDetailEventsLocalOom, "events_local_oom", FieldType.Integer, FieldKind.Counter, "1",
                "events_oom of the container's own cgroup alone.",
                "-", Key("memory.events.local", "oom")),
            new(Reading.MemoryDetailEventsLocalOomKill, "events_local_oom_kill", FieldType.Integer, FieldKind.Counter, "1",
                "events_oom_kill of the container's own cgroup alone.",
                "-", Key("memory.events.local", "oom_kill")),
            new(Reading.MemoryDetailEventsLocalOomGroupKill, "events_local_oom_group_kill", FieldType.Integer, FieldKind.Counter, "1",
                "events_oom_group_kill of the container's own cgroup alone.",
                "-", Key("memory.events.local", "oom_group_kill")),
            new(Reading.MemoryDetailSwapEventsHigh, "swap_events_high", FieldType.Integer, FieldKind.Counter, "1",
                "Times that swap usage was above memory.swap.high.",
                "-", Key("memory.swap.events", "high")),
            new(Reading.MemoryDetailSwapEventsMax, "swap_events_max", FieldType.Integer, FieldKind.Counter, "1",
                "Times that swap usage was about to exceed memory.swap.max.",
                "-", Key("memory.swap.events", "max")),
            new(Reading.MemoryDetailSwapEventsFail, "swap_events_fail", FieldType.Integer, FieldKind.Counter, "1",
                "Times that swap could not be allocated, because of the limit or because there was none left.",
                "-", Key("memory.swap.events", "fail")),
            new(Reading.MemoryDetailDescendants, "descendants", FieldType.Integer, FieldKind.Gauge, "1",
                "Cgroups below the container's own.",
                "-", Key("cgroup.stat", "nr_descendants")),
            new(Reading.MemoryDetailDyingDescendants, "dying_descendants", FieldType.Integer, FieldKind.Gauge, "1",
                "Removed cgroups below the container's own that the kernel still keeps, with the memory charged to them.",
                "-", Key("cgroup.stat", "nr_dying_descendants")),
        ]);

    internal static Measurement Nodes { get; } = new(Name, SamplePart.MemoryNodes, "node", When + ", as often as memory.stat (cgroup.stat_interval)",
        "Memory of the container by NUMA node. On v1 the kernel counts the pages on its LRU lists, and the agent converts them to bytes. Pages of shared memory are on the list of anonymous pages there.",
        [
            Node(Reading.MemoryNodeTotalBytes, "total_bytes", "All pages on the LRU lists of the node, in bytes.", Key("memory.numa_stat", "hierarchical_total").Else(Key("memory.numa_stat", "total")), "-"),
            Node(Reading.MemoryNodeLruFileBytes, "lru_file_bytes", "Pages on the LRU lists of file pages, in bytes.", Pages("file"), "-", "file"),
            Node(Reading.MemoryNodeLruAnonBytes, "lru_anon_bytes", "Pages on the LRU lists of anonymous pages, in bytes.", Pages("anon"), "-", "anon"),
            Node(Reading.MemoryNodeUnevictableBytes, "unevictable_bytes", "Memory that cannot be reclaimed, in bytes.", Pages("unevictable"), Stat("unevictable"), "unevictable"),
            Node(Reading.MemoryNodeAnonBytes, "anon_bytes", "Anonymous memory, in bytes.", "-", Stat("anon")),
            Node(Reading.MemoryNodeFileBytes, "file_bytes", "Page cache, with shared memory and tmpfs, in bytes.", "-", Stat("file")),
            Node(Reading.MemoryNodeShmemBytes, "shmem_bytes", "Shared memory and tmpfs, in bytes.", "-", Stat("shmem")),
            Node(Reading.MemoryNodeMappedFileBytes, "mapped_file_bytes", "Page cache that is mapped, in bytes.", "-", Stat("file_mapped")),
            Node(Reading.MemoryNodeDirtyBytes, "dirty_bytes", "Page cache that is waiting to be written, in bytes.", "-", Stat("file_dirty")),
            Node(Reading.MemoryNodeWritebackBytes, "writeback_bytes", "Page cache that is being written, in bytes.", "-", Stat("file_writeback")),
            Node(Reading.MemoryNodeSwapcachedBytes, "swapcached_bytes", "Memory that is also in swap, in bytes.", "-", Stat("swapcached")),
            Node(Reading.MemoryNodeAnonThpBytes, "anon_thp_bytes", "Anonymous memory in transparent huge pages, in bytes.", "-", Stat("anon_thp")),
            Node(Reading.MemoryNodeFileThpBytes, "file_thp_bytes", "Page cache in transparent huge pages, in bytes.", "-", Stat("file_thp")),
            Node(Reading.MemoryNodeShmemThpBytes, "shmem_thp_bytes", "Shared memory in transparent huge pages, in bytes.", "-", Stat("shmem_thp")),
            Node(Reading.MemoryNodeActiveAnonBytes, "active_anon_bytes", "Anonymous memory on the active list, in bytes.", "-", Stat("active_anon")),
            Node(Reading.MemoryNodeInactiveAnonBytes, "inactive_anon_bytes", "Anonymous memory on the inactive list, in bytes.", "-", Stat("inactive_anon")),
            Node(Reading.MemoryNodeActiveFileBytes, "active_file_bytes", "Page cache on the active list, in bytes.", "-", Stat("active_file")),
            Node(Reading.MemoryNodeInactiveFileBytes, "inactive_file_bytes", "Page cache on the inactive list, in bytes.", "-", Stat("inactive_file")),
            Node(Reading.MemoryNodeKernelStackBytes, "kernel_stack_bytes", "Kernel stacks, in bytes.", "-", Stat("kernel_stack")),
            Node(Reading.MemoryNodePagetablesBytes, "pagetables_bytes", "Page tables, in bytes.", "-", Stat("pagetables")),
            Node(Reading.MemoryNodeSlabReclaimableBytes, "slab_reclaimable_bytes", "Slab memory that can be reclaimed, in bytes.", "-", Stat("slab_reclaimable")),
            Node(Reading.MemoryNodeSlabUnreclaimableBytes, "slab_unreclaimable_bytes", "Slab memory that cannot be reclaimed, in bytes.", "-", Stat("slab_unreclaimable")),
            Node(Reading.MemoryNodeOwnLruFileBytes, "own_lru_file_bytes", "lru_file_bytes of the container's own cgroup alone.", Stat("file"), "-", "file", "container"),
            Node(Reading.MemoryNodeOwnLruAnonBytes, "own_lru_anon_bytes", "lru_anon_bytes of the container's own cgroup alone.", Stat("anon"), "-", "anon", "container"),
            Node(Reading.MemoryNodeOwnUnevictableBytes, "own_unevictable_bytes", "unevictable_bytes of the container's own cgroup alone.", Stat("unevictable"), "-", "unevictable", "container"),
        ]);

    internal static Measurement Misc { get; } = new(Name, SamplePart.MiscResources, "resource", When,
        "Resources of the misc controller, such as keys of encrypted memory (sev, sev_es, tdx).",
        [
            new(Reading.MiscCurrent, "misc_current", FieldType.Integer, FieldKind.Gauge, "1",
                "Units of the resource in use.",
                "misc.current", "misc.current"),
        ]);

    private static Field Node(Reading reading, string name, string help, FieldSource v1, FieldSource v2, string? pages = null, string scope = "hierarchy") =>
        new(reading, name, FieldType.Integer, FieldKind.Gauge, "bytes", help, v1, v2) { Prometheus = pages is null ? [] : [NumaPages(pages, scope)] };

    // cAdvisor shows pages, on cgroup v1 only.
    private static PrometheusSeries NumaPages(string type, string scope) => new("container_memory_numa_pages")
    {
        Label = $"scope=\"{scope}\",type=\"{type}\"", Divisor = Environment.SystemPageSize, OnlyWith = Reading.MemoryNodeTotalBytes, IsAdditional = true,
        Help = "Pages of memory on a NUMA node, by kind.",
    };

    // The numbers of v1 are pages; the parser multiplies them.
    // Where the kernel has no such key (before 3.17), the parser takes the figure of the own cgroup.
    private static FieldSource Pages(string key) => Key("memory.numa_stat", "hierarchical_" + key, shown: $"memory.numa_stat hierarchical_{key}, else memory.numa_stat {key}");

    private static FieldSource Stat(string key) => Key("memory.numa_stat", key);
}
