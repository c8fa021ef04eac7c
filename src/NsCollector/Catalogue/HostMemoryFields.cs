using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class HostMemoryFields
{
    internal static Measurement Measurement { get; } = new("host_memory", SamplePart.HostMemory, null,
        "host.enabled = on (the default)",
        "Memory of the host.",
        [
            new(Reading.HostMemoryTotalBytes, "total_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Usable memory of the host.",
                Key("meminfo", "MemTotal", 1024, shown: "/proc/meminfo MemTotal"))
            {
                Telegraf = [new("docker", "memory_total"), new("mem", "total")],
                Prometheus = [new("machine_memory_bytes")],
                Node = [new("node_memory_MemTotal_bytes")],
            },
            new(Reading.HostMemoryFreeBytes, "free_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory that is not used at all.",
                Key("meminfo", "MemFree", 1024, shown: "/proc/meminfo MemFree"))
            {
                Telegraf = [new("mem", "free")],
                Node = [new("node_memory_MemFree_bytes")],
            },
            new(Reading.HostMemoryAvailableBytes, "available_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Estimate of the kernel: memory that programs can get without swapping.",
                Key("meminfo", "MemAvailable", 1024, shown: "/proc/meminfo MemAvailable"))
            {
                Telegraf = [new("mem", "available")],
                Node = [new("node_memory_MemAvailable_bytes")],
            },
            new(Reading.HostMemoryBuffersBytes, "buffers_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache of block devices.",
                Key("meminfo", "Buffers", 1024, shown: "/proc/meminfo Buffers"))
            {
                Telegraf = [new("mem", "buffered")],
                Node = [new("node_memory_Buffers_bytes")],
            },
            new(Reading.HostMemoryCachedBytes, "cached_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache of files, with tmpfs and shared memory.",
                Key("meminfo", "Cached", 1024, shown: "/proc/meminfo Cached"))
            {
                Node = [new("node_memory_Cached_bytes")],
            },
            new(Reading.HostMemorySwapCachedBytes, "swap_cached_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Swapped memory that is in memory again and still on the swap device.",
                Key("meminfo", "SwapCached", 1024, shown: "/proc/meminfo SwapCached"))
            {
                Telegraf = [new("mem", "swap_cached")],
                Node = [new("node_memory_SwapCached_bytes")],
            },
            new(Reading.HostMemoryActiveAnonBytes, "active_anon_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Recently used anonymous memory.",
                Key("meminfo", "Active(anon)", 1024, shown: "/proc/meminfo Active(anon)"))
            {
                Node = [new("node_memory_Active_anon_bytes")],
            },
            new(Reading.HostMemoryInactiveAnonBytes, "inactive_anon_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Anonymous memory not used recently.",
                Key("meminfo", "Inactive(anon)", 1024, shown: "/proc/meminfo Inactive(anon)"))
            {
                Node = [new("node_memory_Inactive_anon_bytes")],
            },
            new(Reading.HostMemoryActiveFileBytes, "active_file_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Recently used page cache.",
                Key("meminfo", "Active(file)", 1024, shown: "/proc/meminfo Active(file)"))
            {
                Node = [new("node_memory_Active_file_bytes")],
            },
            new(Reading.HostMemoryInactiveFileBytes, "inactive_file_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache not used recently.",
                Key("meminfo", "Inactive(file)", 1024, shown: "/proc/meminfo Inactive(file)"))
            {
                Node = [new("node_memory_Inactive_file_bytes")],
            },
            new(Reading.HostMemoryUnevictableBytes, "unevictable_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory that cannot be reclaimed.",
                Key("meminfo", "Unevictable", 1024, shown: "/proc/meminfo Unevictable"))
            {
                Node = [new("node_memory_Unevictable_bytes")],
            },
            new(Reading.HostMemoryMlockedBytes, "mlocked_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory locked by mlock(2).",
                Key("meminfo", "Mlocked", 1024, shown: "/proc/meminfo Mlocked"))
            {
                Node = [new("node_memory_Mlocked_bytes")],
            },
            new(Reading.HostMemoryDirtyBytes, "dirty_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache that must be written to a disk.",
                Key("meminfo", "Dirty", 1024, shown: "/proc/meminfo Dirty"))
            {
                Telegraf = [new("mem", "dirty")],
                Node = [new("node_memory_Dirty_bytes")],
            },
            new(Reading.HostMemoryWritebackBytes, "writeback_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache being written to a disk.",
                Key("meminfo", "Writeback", 1024, shown: "/proc/meminfo Writeback"))
            {
                Telegraf = [new("mem", "write_back")],
                Node = [new("node_memory_Writeback_bytes")],
            },
            new(Reading.HostMemoryAnonBytes, "anon_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Anonymous memory mapped by processes.",
                Key("meminfo", "AnonPages", 1024, shown: "/proc/meminfo AnonPages"))
            {
                Node = [new("node_memory_AnonPages_bytes")],
            },
            new(Reading.HostMemoryMappedBytes, "mapped_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache mapped by processes.",
                Key("meminfo", "Mapped", 1024, shown: "/proc/meminfo Mapped"))
            {
                Telegraf = [new("mem", "mapped")],
                Node = [new("node_memory_Mapped_bytes")],
            },
            new(Reading.HostMemoryShmemBytes, "shmem_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Shared memory and tmpfs.",
                Key("meminfo", "Shmem", 1024, shown: "/proc/meminfo Shmem"))
            {
                Telegraf = [new("mem", "shared")],
                Node = [new("node_memory_Shmem_bytes")],
            },
            new(Reading.HostMemorySlabReclaimableBytes, "slab_reclaimable_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Slab memory that can be reclaimed, such as dentries and inodes.",
                Key("meminfo", "SReclaimable", 1024, shown: "/proc/meminfo SReclaimable"))
            {
                Telegraf = [new("mem", "sreclaimable")],
                Node = [new("node_memory_SReclaimable_bytes")],
            },
            new(Reading.HostMemorySlabUnreclaimableBytes, "slab_unreclaimable_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Slab memory that cannot be reclaimed.",
                Key("meminfo", "SUnreclaim", 1024, shown: "/proc/meminfo SUnreclaim"))
            {
                Telegraf = [new("mem", "sunreclaim")],
                Node = [new("node_memory_SUnreclaim_bytes")],
            },
            new(Reading.HostMemoryKernelStackBytes, "kernel_stack_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Kernel stacks of all tasks.",
                Key("meminfo", "KernelStack", 1024, shown: "/proc/meminfo KernelStack"))
            {
                Node = [new("node_memory_KernelStack_bytes")],
            },
            new(Reading.HostMemoryPageTablesBytes, "page_tables_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page tables.",
                Key("meminfo", "PageTables", 1024, shown: "/proc/meminfo PageTables"))
            {
                Telegraf = [new("mem", "page_tables")],
                Node = [new("node_memory_PageTables_bytes")],
            },
            new(Reading.HostMemoryPercpuBytes, "percpu_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Per-CPU memory of the kernel.",
                Key("meminfo", "Percpu", 1024, shown: "/proc/meminfo Percpu"))
            {
                Node = [new("node_memory_Percpu_bytes")],
            },
            new(Reading.HostMemoryVmallocUsedBytes, "vmalloc_used_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory allocated by vmalloc.",
                Key("meminfo", "VmallocUsed", 1024, shown: "/proc/meminfo VmallocUsed"))
            {
                Telegraf = [new("mem", "vmalloc_used")],
                Node = [new("node_memory_VmallocUsed_bytes")],
            },
            new(Reading.HostMemorySwapTotalBytes, "swap_total_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Size of all swap devices.",
                Key("meminfo", "SwapTotal", 1024, shown: "/proc/meminfo SwapTotal"))
            {
                Telegraf = [new("mem", "swap_total"), new("swap", "total")],
                Prometheus = [new("machine_swap_bytes")],
                Node = [new("node_memory_SwapTotal_bytes")],
            },
            new(Reading.HostMemorySwapFreeBytes, "swap_free_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Unused swap.",
                Key("meminfo", "SwapFree", 1024, shown: "/proc/meminfo SwapFree"))
            {
                Telegraf = [new("mem", "swap_free"), new("swap", "free")],
                Node = [new("node_memory_SwapFree_bytes")],
            },
            new(Reading.HostMemoryCommitLimitBytes, "commit_limit_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory that may be committed if vm.overcommit_memory is 2.",
                Key("meminfo", "CommitLimit", 1024, shown: "/proc/meminfo CommitLimit"))
            {
                Telegraf = [new("mem", "commit_limit")],
                Node = [new("node_memory_CommitLimit_bytes")],
            },
            new(Reading.HostMemoryCommittedBytes, "committed_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory that processes have asked for.",
                Key("meminfo", "Committed_AS", 1024, shown: "/proc/meminfo Committed_AS"))
            {
                Telegraf = [new("mem", "committed_as")],
                Node = [new("node_memory_Committed_AS_bytes")],
            },
            new(Reading.HostMemoryAnonHugePagesBytes, "anon_huge_pages_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Anonymous memory in huge pages.",
                Key("meminfo", "AnonHugePages", 1024, shown: "/proc/meminfo AnonHugePages"))
            {
                Node = [new("node_memory_AnonHugePages_bytes")],
            },
            new(Reading.HostMemoryHugetlbBytes, "hugetlb_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory reserved for huge pages of all sizes.",
                Key("meminfo", "Hugetlb", 1024, shown: "/proc/meminfo Hugetlb"))
            {
                Node = [new("node_memory_Hugetlb_bytes")],
            },
            new(Reading.HostMemoryUsagePercent, "usage_percent", FieldType.Float, FieldKind.Gauge, "percent",
                "Percentage of total_bytes that is not in available_bytes.",
                "computed"),
        ]);
}
